// The order for the agent's machine, from the address this page was opened with; nothing is sent anywhere.
import { $, t } from "./boot.js";
import { toast } from "./toast.js";

if (location.hash.length > 1) {
  $("#order").textContent = `campus edge enrol '${location.href}'`;
  $("#copy").hidden = !navigator.clipboard;
  $("#copy").addEventListener("click", () => navigator.clipboard.writeText($("#order").textContent).then(() => toast(t("trust.copied"))));
}
