// Who may speak for a device: strangers are adopted or put aside, codes are made, accounts end.
import { $, $$, batched, clone, data, fill, pick, setMark, sync, t, when } from "./boot.js";
import { attempt, post } from "./api.js";
import { toast } from "./toast.js";

let view = data;
let asked = () => {};

function makeStranger() {
  const element = clone("stranger");
  $('[data-act="adopt"]', element).addEventListener("click", () => openAdoption(element.dataset.key));
  $('[data-act="block"]', element).addEventListener("click", () =>
    openWhy(t("trust.block_title", { device: element.dataset.key }), t("trust.block"), (why) =>
      act(`/trust/strangers/${element.dataset.key}/block`, { why }, t("trust.blocked", { device: element.dataset.key }))));
  return element;
}

/** What a stranger said on one topic, the newest first; its beginning only, as text. */
function saidOn({ topic, messages, said }, isOpen) {
  const part = document.createElement("details");
  part.dataset.topic = topic;
  part.open = isOpen;
  const head = document.createElement("summary");
  const name = document.createElement("code");
  name.textContent = topic;
  head.append(name, ` ${t("trust.messages", { n: messages })}`);
  const list = document.createElement("ol");
  list.append(...said.map((one) => {
    const item = document.createElement("li");
    const at = document.createElement("time");
    at.textContent = when(one.at, true);
    const text = document.createElement("code");
    text.textContent = one.text;
    item.append(at, ` ${t("trust.bytes", { n: one.size })} `, text);
    return item;
  }));
  part.append(head, list);
  return part;
}

function updateStranger(element, one) {
  setMark($(".pupil-mark", element), "warning");
  fill(element, {
    device: one.device, messages: t("trust.messages", { n: one.messages }),
    when: t("trust.heard", { first: when(one.first_seen), last: when(one.last_seen) }),
  });
  const box = $("[data-said]", element);
  const open = new Set($$("details[open]", box).map((part) => part.dataset.topic));
  box.replaceChildren(...one.said.map((topic, place) => saidOn(topic, open.size ? open.has(topic.topic) : place === 0)));
}

function makeDevice() {
  const row = clone("device-row");
  const on = (name, work) => $(`[data-act="${name}"]`, row).addEventListener("click", () => work(row.dataset.key));
  on("code", makeCode);
  on("withdraw", (id) => act(`/trust/devices/${id}/withdraw`, {}, t("trust.withdrawn")));
  on("revoke", (id) => openWhy(t("trust.revoke_title", { device: id }), t("trust.revoke"), (why) =>
    act(`/trust/devices/${id}/revoke`, { why }, t("trust.revoked", { device: id }))));
  return row;
}

function updateDevice(row, one) {
  const state = one.enrolled_at ? "good" : one.code_until ? "info" : one.parent ? "quiet" : "warning";
  fill(row, {
    name: pick(one, "name"), id: one.id, state: t(`trust.state_${state}`, { parent: one.parent ?? "" }),
    since: one.enrolled_at ? t("trust.since", { at: when(one.enrolled_at) }) : one.code_until ? t("trust.until", { at: when(one.code_until) }) : "",
  });
  $('[data-slot="name"]', row).href = `/devices/${one.id}`;
  $('[data-slot="state"]', row).className = `badge tone-${state}`;
  $('[data-act="withdraw"]', row).hidden = !one.code_until;
  $('[data-act="revoke"]', row).hidden = !one.enrolled_at;
}

function step(one) {
  const line = document.createElement("li");
  const at = document.createElement("time");
  at.textContent = when(one.at);
  const what = document.createElement("span");
  what.textContent = `${one.device} · ${t(`trust.step_${one.what}`)} · ${one.by}${one.detail ? ` · ${one.detail}` : ""}`;
  line.append(at, what);
  return line;
}

const paint = batched(() => {
  const wanted = $("#find").value.trim().toLowerCase();
  const shown = view.devices.filter((one) => `${one.id} ${one.name_zh} ${one.name_en}`.toLowerCase().includes(wanted));
  sync($("#strangers"), view.strangers, (one) => one.device, makeStranger, updateStranger);
  sync($("#devices tbody"), shown, (one) => one.id, makeDevice, updateDevice);
  $("#steps").replaceChildren(...view.steps.map(step));
  $("#no-strangers").hidden = view.strangers.length > 0;
  $("#no-devices").hidden = view.devices.length > 0;
  $("#sum").textContent = t("trust.sum", { n: view.devices.filter((one) => one.enrolled_at).length, all: view.devices.filter((one) => !one.parent).length });
});

async function act(path, said, done) {
  const fresh = await attempt(() => post(path, said));
  if (!fresh) return;
  view = fresh;
  toast(done);
  paint();
}

async function makeCode(id) {
  const made = await attempt(() => post(`/trust/devices/${id}/code`));
  if (!made) return;
  $("#code-title").textContent = t("trust.code_title", { device: id });
  $("#code-until").textContent = t("trust.code_until", { at: when(made.until) });
  $("#code-text").textContent = made.code;
  $("#code-order").textContent = `campus edge enrol '${made.link}'`;
  const image = new DOMParser().parseFromString(made.qr, "image/svg+xml").documentElement;
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", t("trust.qr"));
  $("#code-qr").replaceChildren(document.importNode(image, true));
  $("#code-box").showModal();
  view = { ...view, devices: view.devices.map((one) => (one.id === id ? { ...one, code_until: made.until } : one)) };
  paint();
}

function openAdoption(device) {
  const choice = (one) => new Option(`${pick(one, "name")} (${one.id})`, one.id);
  $("#adopt-title").textContent = t("trust.adopt_title", { device });
  $("#a-name").value = device;
  $("#a-place").replaceChildren(new Option("–", ""), ...view.places.map(choice));
  $("#a-parent").replaceChildren(new Option("–", ""), ...view.devices.map(choice));
  asked = (form) => act(`/trust/strangers/${device}/adopt`, {
    kind: form.get("kind"), name: form.get("name"), name_en: form.get("name_en"),
    place: form.get("place") || null, parent: form.get("parent") || null,
  }, t("trust.adopted", { device }));
  $("#adopt-box").showModal();
}

function openWhy(title, go, work) {
  $("#why-title").textContent = title;
  $("#why-go").textContent = go;
  $("#why").value = "";
  asked = (form) => work(form.get("why"));
  $("#why-box").showModal();
}

for (const form of $$("dialog form")) {
  form.addEventListener("submit", (event) => { if (event.submitter?.value === "go") asked(new FormData(form)); });
}
for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
$("#code-box").addEventListener("close", () => { for (const id of ["#code-text", "#code-order", "#code-qr"]) $(id).replaceChildren(); });
$("#find").addEventListener("input", paint);
paint();
