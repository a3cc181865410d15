// The maintenance window of the chosen device: whether it has one, beginning and ending it.
import { $, $$, t, when } from "./boot.js";
import { attempt, post, whole } from "./api.js";
import { toast } from "./toast.js";

export class Upkeep {
  /** `may` says whether this person may begin and end windows. */
  constructor(may = true) {
    this.may = may;
    this.device = null;
    this.window = null;
    const box = $("#upkeep-box");
    for (const close of $$("[data-close]", box)) close.addEventListener("click", () => box.close());
    $("#upkeep-begin").addEventListener("click", () => box.showModal());
    $("#upkeep-end").addEventListener("click", () => this.end());
    $("form", box).addEventListener("submit", (event) => this.begin(event.target));
  }

  async show(device) {
    this.device = device;
    this.paint([]);
    const windows = await attempt(() => whole("/maintenance?limit=200"));
    if (windows && this.device === device) this.paint(windows);
  }

  paint(windows) {
    this.window = windows.find((one) => one.device === this.device) ?? null;
    $("#upkeep-now").textContent = this.words();
    $("#upkeep-begin").hidden = !this.may || this.window !== null;
    $("#upkeep-end").hidden = !this.may || this.window === null;
  }

  words() {
    if (!this.window) return t("upkeep.none");
    const { until, reason, by } = this.window;
    return until ? t("upkeep.until", { time: when(until), reason, by }) : t("upkeep.out", { reason, by });
  }

  async begin(form) {
    const said = new FormData(form);
    const minutes = said.get("minutes") ? Number(said.get("minutes")) : null;
    const windows = await attempt(() => post("/maintenance", { device: this.device, minutes, reason: said.get("reason") }));
    form.reset();
    if (!windows) return;
    this.paint(windows);
    toast(t("upkeep.begun"));
  }

  async end() {
    const windows = await attempt(() => post(`/maintenance/${this.window.id}/end`));
    if (!windows) return;
    this.paint(windows);
    toast(t("upkeep.ended"));
  }
}
