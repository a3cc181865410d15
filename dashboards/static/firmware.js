// Which versions run, the signed files, and campaigns that bring them to one, ten, all.
import { $, $$, batched, clone, data, fill, pick, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post, send } from "./api.js";
import { toast } from "./toast.js";

const REREAD_MS = 10_000;
const TONES = { running: "info", done: "good", stopped: "critical", planned: "quiet", paused: "warning", waits: "quiet", waiting: "info", sent: "info", refused: "critical", expired: "critical" };
let view = data;

const named = (id) => { const one = view.agents.find((agent) => agent.id === id); return one ? `${pick(one, "name")} (${id})` : id; };

function badge(state) {
  const element = document.createElement("span");
  element.className = `badge tone-${TONES[state] ?? "quiet"}`;
  element.textContent = word("firmware.state", state);
  return element;
}

function stepOf(step) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = named(step.device);
  const detail = document.createElement("span");
  detail.className = "small";
  detail.textContent = step.detail;
  line.append(badge(step.state), name, detail);
  return line;
}

function stepDone(step) {
  const line = document.createElement("li");
  line.className = "small";
  line.textContent = [when(step.at), word("firmware.state", step.new), step.by === "platform" ? t("firmware.platform") : step.by, step.why].filter(Boolean).join(" · ");
  return line;
}

function makeCampaign() {
  const element = clone("campaign");
  for (const button of $$("[data-act]", element)) {
    const what = button.dataset.act;
    const done = { stop: "firmware.stopped", pause: "firmware.paused" }[what] ?? "firmware.started";
    button.addEventListener("click", () => act(`/firmware/campaigns/${element.dataset.key}/${what}`, {}, t(done)));
  }
  return element;
}

function updateCampaign(element, one) {
  const done = one.steps.filter((step) => step.state === "done").length;
  const sum = t("firmware.sum", { n: done, all: one.steps.length });
  fill(element, {
    state: word("firmware.state", one.state), title: `${one.model} ${one.version}`, reason: one.reason, sum,
    begun: t("firmware.begun", { by: one.begun_by, at: when(one.begun_at), hours: one.hours || t("firmware.any_hour") }),
  });
  $('[data-slot="state"]', element).className = `badge tone-${TONES[one.state]}`;
  for (const button of $$("[data-act]", element)) button.hidden = !one.acts.includes(button.dataset.act);
  $(".history", element).replaceChildren(...one.history.map(stepDone));
  const meter = $(".meter", element);
  meter.classList.toggle("bad", one.state === "stopped");
  meter.setAttribute("aria-label", sum);
  $("i", meter).style.width = `${(100 * done) / one.steps.length}%`;
  $(".steps", element).replaceChildren(...one.steps.map(stepOf));
}

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

const paint = batched(() => {
  sync($("#campaigns"), view.campaigns, (one) => one.id, makeCampaign, updateCampaign);
  sync($("#running"), view.running, (one) => `${one.kind} ${one.model} ${one.version}`, () => clone("running-row"), updateRunning);
  sync($("#files"), view.files, (one) => one.id, () => clone("file"), updateFile);
  for (const [list, none] of [["campaigns", "#no-campaigns"], ["running", "#no-running"], ["files", "#no-files"]]) $(none).hidden = view[list].length > 0;
  $("#new").disabled = view.files.length === 0 || view.agents.length === 0;
});

async function act(path, said, done) {
  const fresh = await attempt(() => post(path, said));
  if (!fresh) return false;
  view = fresh;
  toast(done);
  paint();
  return true;
}

/** The agents to choose from; those that do not run the file's version are chosen already. */
function offer() {
  const file = view.files.find((one) => one.id === $("#n-file").value);
  $("#n-agents").replaceChildren(...view.agents.map((one) => {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "devices", value: one.id, checked: one.version !== file?.version });
    const version = document.createElement("span");
    version.className = "small";
    version.textContent = one.version || t("firmware.no_version");
    label.append(box, named(one.id), version);
    return label;
  }));
}

$("#new").addEventListener("click", () => {
  $("#n-file").replaceChildren(...view.files.map((one) => new Option(`${one.model} ${one.version}`, one.id)));
  offer();
  $("#new-box").showModal();
});
$("#n-file").addEventListener("change", offer);
$("#new-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = { file: form.get("file"), devices: form.getAll("devices"), hours: form.get("hours") };
  if (said.devices.length === 0) return toast(t("firmware.choose"), { bad: true });
  if (await act("/firmware/campaigns", said, t("firmware.began"))) $("#new-box").close();
  return undefined;
});

/** What is wrong with a file, in the dialogue itself: it lies above every toast. */
function object(text) {
  $("#file-wrong").textContent = text;
  $("#file-wrong").hidden = !text;
}
$("#new-file").addEventListener("click", () => { $("#file-form").reset(); object(""); $("#f-keys").textContent = view.keys.length ? t("firmware.by_keys", { keys: view.keys.join(", ") }) : t("firmware.no_keys"); $("#file-box").showModal(); });
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
    view = file ? await send(`/firmware/uploads?signed=${encodeURIComponent(JSON.stringify(signed))}`, file) : await post("/firmware/files", { signed, url });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return object(`${word("error", error.code)}: ${error.message}`);
  }
  toast(t("firmware.file_added"));
  paint();
  return $("#file-box").close();
});

for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
setInterval(async () => {
  if (document.hidden || !view.campaigns.some((one) => one.state === "running")) return;
  view = await attempt(() => get("/firmware")) ?? view;
  paint();
}, REREAD_MS);
paint();
