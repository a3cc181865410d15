// Giving alarms to somebody else: one alarm, or all of one's own at the end of a shift.
import { $, t } from "./boot.js";
import { attempt, get } from "./api.js";

export class Giving {
  /** `act` does something with one alarm, `handOver` gives all of one's own away. */
  constructor(act, handOver) {
    this.alarm = null;
    this.act = act;
    this.handOver = handOver;
    $("#hand-over").addEventListener("click", () => this.open(null, t("console.hand_over"), t("console.hand_over_note")));
    $("form", $("#hand-box")).addEventListener("submit", (event) => this.give(event.target));
  }

  assign(alarm) {
    this.open(alarm, t("action.assign"), "");
  }

  async open(alarm, title, note) {
    const takers = await attempt(() => get("/alarms/takers"));
    if (!takers) return;
    this.alarm = alarm;
    $("#hand-title").textContent = title;
    $("#hand-note").textContent = note;
    $("#hand-note").hidden = !note;
    const others = alarm ? takers : takers.filter((one) => !one.me);
    $("#hand-to").replaceChildren(...others.map((one) => new Option(one.name, one.id)));
    $("#hand-box").showModal();
  }

  give(form) {
    const said = new FormData(form);
    const body = { to: said.get("to"), text: said.get("text") };
    if (this.alarm) this.act("assign", this.alarm.id, body);
    else this.handOver(body);
    form.reset();
  }
}
