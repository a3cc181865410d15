// The platform's health, strangers, unusable messages, accounts, and who looked at whom.
import { $, $$, batched, clone, data, fill, setNow, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, patch, post, whole } from "./api.js";
import { freshLooks } from "./access-log.js";
import { openAccount } from "./account-box.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";
import "./vitals.js";

const REREAD_MS = 10000;

let view = data.platform;

function makeAccount(row) {
  const element = clone("account");
  const doings = $(".doings", element);
  doings.append(button(t("admin.edit"), () => openAccount(row.id, { platform: refresh, given })));
  if (row.id === data.me) return element;
  doings.append(
    button("", () => {
      const one = view.accounts.find((account) => account.id === row.id);
      alter(one, () => patch(`/accounts/${one.id}`, { disabled: !one.disabled }), one.disabled ? "enable" : "disable");
    }),
  );
  return element;
}

function updateAccount(element, row) {
  const note = row.id === data.me ? t("admin.own") : row.disabled ? t("admin.disabled") : "";
  fill(element, {
    name: row.name, login: row.login, note, role: t(`role.${row.role}`) + (row.district ? ` (${row.district})` : ""), sessions: row.sessions || "—",
    last: row.last_sign_in ? when(row.last_sign_in) : "—",
  });
  const [, toggle] = element.querySelectorAll(".doings button");
  if (toggle) toggle.textContent = row.disabled ? t("admin.enable") : t("admin.disable");
}

function button(label, run) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}

function refresh(fresh) {
  view = fresh;
  paint();
}

async function alter(account, run, done) {
  const fresh = await attempt(run);
  if (!fresh) return;
  refresh(fresh);
  toast(t(`admin.done_${done}`, { login: account.login }));
}

/** Show a first password, this once. */
function given(answer) {
  if (!answer) return;
  view = answer.platform;
  $("#given-note").textContent = t("admin.given_note");
  $("#given-title").textContent = t("admin.given", { login: answer.login });
  $("#given").textContent = answer.password;
  $("#given-box").showModal();
  paint();
}

async function openNew() {
  const teachers = await attempt(() => whole("/teachers?limit=200"));
  if (!teachers) return;
  $("#new-teacher").replaceChildren(...teachers.map((one) => new Option(`${one.name} (${one.id})`, one.id)));
  $("#new-box").showModal();
}

function create(event) {
  const form = new FormData(event.target);
  const role = form.get("role");
  const said = {
    login: form.get("login"), name: form.get("name"), role, teacher: role === "teacher" ? form.get("teacher") : "",
    district: (role === "bureau" && form.get("district")) || null,
  };
  attempt(() => post("/accounts", said)).then(given);
  event.target.reset();
}

for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
$("#given-box").addEventListener("close", () => { $("#given").textContent = ""; });
$("#new-account").addEventListener("click", openNew);
$("#new-role").addEventListener("change", () => {
  const role = $("#new-role").value;
  $("#new-teacher-row").hidden = role !== "teacher";
  if ($("#new-district-row")) $("#new-district-row").hidden = role !== "bureau"; // there are none without a city
});
$("form", $("#new-box")).addEventListener("submit", create);

const paint = batched(() => {
  sync($("#accounts"), view.accounts, (row) => row.id, makeAccount, updateAccount);
  sync($("#unknown"), view.unknown_devices, (row) => row.device, () => clone("stranger"), (element, row) =>
    fill(element, { device: row.device, topic: row.topic, messages: t("admin.messages", { n: row.messages }), at: when(row.last_seen) }));
  sync($("#dead"), view.dead_letters, (row) => row.id, () => clone("letter"), (element, row) =>
    fill(element, { reason: word("dead", row.reason), topic: row.topic, times: row.times > 1 ? `× ${row.times}` : "", at: when(row.last_at), detail: row.detail, payload: row.payload }));
  freshLooks(view.access);
  for (const [id, rows] of [["unknown", view.unknown_devices], ["dead", view.dead_letters]]) $(`#no-${id}`).hidden = rows.length > 0;
});

async function resync() {
  view = await get("/platform");
  setNow(Date.parse(view.now));
  paint();
  return data.seen;
}

// What waits and what fails writes no change of its own, so it is read again now and then.
setInterval(() => {
  if (!document.hidden) resync().catch((error) => { if (!(error instanceof Problem)) throw error; });
}, REREAD_MS);

paint();
follow({ seen: data.seen, change: () => {}, resync });
