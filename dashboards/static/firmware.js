// Which versions run, the signed files, and campaigns that bring them to one, ten, all.
import { $, batched, clone, data, fill, sync, t, when, word } from "./boot.js";
import { Problem, post, send } from "./api.js";
import { Campaigns, plan } from "./campaigns.js";
import { toast } from "./toast.js";
import "./file-field.js";

const list = new Campaigns("/firmware", data, batched(paint));

function updateRunning(row, one) {
  fill(row, { kind: word("kind", one.kind), model: one.model || "–", version: one.version, old: one.old ? t("firmware.old") : "", devices: one.devices.length });
  row.title = one.devices.slice(0, 20).join(", ");
}

function updateFile(element, one) {
  fill(element, {
    title: `${one.model} ${one.version}`, size: t("firmware.size", { n: (one.size / 1048576).toFixed(1), url: one.url }),
    added: t("firmware.added", { by: one.added_by, at: when(one.added_at) }), signed: one.signed_by ? t("firmware.signed_by", { who: one.signed_by }) : t("firmware.unchecked"), hash: `SHA-256 ${one.sha256.slice(0, 16)}…`,
  });
}

function paint() {
  const view = list.view;
  list.show();
  sync($("#running"), view.running, (one) => `${one.kind} ${one.model} ${one.version}`, () => clone("running-row"), updateRunning);
  sync($("#files"), view.files, (one) => one.id, () => clone("file"), updateFile);
  for (const [of, none] of [["running", "#no-running"], ["files", "#no-files"]]) $(none).hidden = view[of].length > 0;
  $("#new").disabled = view.files.length === 0 || view.agents.length === 0;
}

/** The agents to choose from; those that do not run the file's version are chosen already. */
function offer() {
  const file = list.view.files.find((one) => one.id === $("#n-file").value);
  list.offer(list.view.agents, (one) => one.version !== file?.version, (one) => one.version || t("firmware.no_version"));
}

$("#new").addEventListener("click", () => {
  $("#n-file").replaceChildren(...list.view.files.map((one) => new Option(`${one.model} ${one.version}`, one.id)));
  offer();
  $("#new-box").showModal();
});
$("#n-file").addEventListener("change", offer);
$("#new-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = { file: form.get("file"), ...plan(form) };
  if (said.devices.length === 0) return toast(t("campaign.choose"), { bad: true });
  if (await list.act("/firmware/campaigns", said, t("campaign.began"))) $("#new-box").close();
  return undefined;
});

/** What is wrong with a file, in the dialogue itself: it lies above every toast. */
function object(text) {
  $("#file-wrong").textContent = text;
  $("#file-wrong").hidden = !text;
}
$("#new-file").addEventListener("click", () => { $("#file-form").reset(); object(""); $("#f-keys").textContent = list.view.keys.length ? t("firmware.by_keys", { keys: list.view.keys.join(", ") }) : t("firmware.no_keys"); $("#file-box").showModal(); });
$("#file-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  let signed;
  try {
    signed = JSON.parse(await $("#f-signed").files[0].text());
  } catch {
    return object(t("firmware.not_signed"));
  }
  const [file, url] = [$("#f-file").files[0], $("#f-url").value.trim()];
  if (Boolean(file) === Boolean(url)) return object(t("firmware.file_or_url"));
  try {
    list.view = file ? await send(`/firmware/uploads?signed=${encodeURIComponent(JSON.stringify(signed))}`, file) : await post("/firmware/files", { signed, url });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return object(`${word("error", error.code)}: ${error.message}`);
  }
  toast(t("firmware.file_added"));
  list.paint();
  return $("#file-box").close();
});

list.paint();
