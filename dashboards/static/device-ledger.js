// What the school's asset ledger says of the device, and when it is to be calibrated.
import { $, t } from "./boot.js";
import { attempt, tagged } from "./api.js";
import { toast } from "./toast.js";

const PLAIN = ["serial", "asset_number", "supplier", "purchased"];

function dayText(day, days) {
  if (!day) return "";
  return t(days < 0 ? "ledger.day_over" : "ledger.day_ahead", { day, n: Math.abs(days) });
}

export class Ledger {
  constructor(path) {
    this.path = `${path}/asset`;
    $("#calibration-edit")?.addEventListener("click", () => this.open());
    const box = $("#calibration-box");
    if (!box) return;
    $("[data-close]", box).addEventListener("click", () => box.close());
    $("form", box).addEventListener("submit", () => this.save());
  }

  async show() {
    const file = await attempt(() => tagged(this.path));
    if (file) this.paint(file);
  }

  paint({ value: { asset, warranty_days: warranty, calibration_days: calibration }, tag }) {
    this.asset = asset;
    this.tag = tag;
    const rows = PLAIN.map((key) => [key, asset[key] ?? ""]);
    rows.push(["warranty_until", dayText(asset.warranty_until, warranty)]);
    rows.push(["calibration_due", dayText(asset.calibration_due, calibration)]);
    if (asset.calibration_due) rows.push(["calibration_months", t("ledger.every", { n: asset.calibration_months ?? 12 })]);
    const said = rows.filter(([, value]) => value);
    $("#ledger-section").hidden = !said.length && !$("#calibration-edit");
    $("#no-ledger").hidden = said.length > 0;
    $("#ledger").replaceChildren(...said.flatMap(([key, value]) => {
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = t(`ledger.${key}`);
      text.textContent = value;
      return [term, text];
    }));
  }

  open() {
    $("#calibration-due").value = this.asset?.calibration_due ?? "";
    $("#calibration-months").value = this.asset?.calibration_months ?? "";
    $("#calibration-box").showModal();
  }

  async save() {
    const months = $("#calibration-months").value;
    const said = { calibration_due: $("#calibration-due").value || null, calibration_months: months ? Number(months) : null };
    const file = await attempt(() => tagged(this.path, said, this.tag, "PATCH"), () => this.show());
    if (!file) return;
    this.paint(file);
    toast(t("ledger.saved"));
  }
}
