// Correcting several students at once: choose by touch, one status and reason for all, undone as one.
import { $, t } from "./boot.js";
import { attempt, post } from "./api.js";
import { isLost } from "./unsaved.js";
import { toast } from "./toast.js";

export class Many {
  constructor({ paint, lines, session, take, correct }) {
    Object.assign(this, { paint, lines, session, take, correct, on: false, chosen: new Set() });
    $("#pick-many").addEventListener("click", () => this.toggle());
    $("#many-open").addEventListener("click", () => this.choose((line) => line.status === null || line.status === "unknown"));
    $("#many-all").addEventListener("click", () => this.choose(() => true));
    $("#many").addEventListener("submit", (event) => { event.preventDefault(); this.save(new FormData(event.target)); });
  }

  toggle(on = !this.on) {
    this.on = on;
    this.chosen.clear();
    $("#many").hidden = !on;
    $("#pick-many").setAttribute("aria-pressed", String(on));
    this.count();
  }

  /** Choose or leave out a student; false when nothing is being chosen. */
  turn(student) {
    if (!this.on) return false;
    if (!this.chosen.delete(student)) this.chosen.add(student);
    this.count();
    return true;
  }

  choose(wanted) {
    this.chosen = new Set(this.lines().filter(wanted).map((line) => line.student));
    this.count();
  }

  count() {
    $("#many-count").textContent = this.chosen.size;
    $("#many-save").disabled = this.chosen.size === 0 || !this.session();
    this.paint();
  }

  show(button, student) {
    if (this.on) button.setAttribute("aria-pressed", String(this.chosen.has(student)));
    else button.removeAttribute("aria-pressed");
  }

  async save(form) {
    const students = [...this.chosen];
    const said = { students, status: form.get("status"), reason: form.get("reason").trim() };
    const path = `/sessions/${this.session().id}`;
    const lines = await attempt(() => post(`${path}/corrections`, said).catch((error) => { if (!isLost(error)) throw error; return null; }));
    if (lines === undefined) return;
    this.toggle(false);
    if (lines === null) { // the network is away: each is kept until it is back
      for (const student of students) this.correct(student, said.status, said.reason);
      return;
    }
    this.take(lines);
    const undo = { label: t("correct.undo_short"), run: () => this.undo(path, students) };
    toast(t("correct.done_many", { n: students.length, status: t(`status.${said.status}`) }), { action: undo });
  }

  async undo(path, students) {
    const lines = await attempt(() => post(`${path}/undo`, { students }));
    if (!lines) return;
    this.take(lines);
    toast(t("correct.undone_many", { n: students.length }));
  }
}
