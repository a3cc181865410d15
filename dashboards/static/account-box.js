// One account in a dialogue: changed, its password and second factor reset, its sessions seen and ended, its history.
import { $, $$, clone, data, fill, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post, tagged, whole } from "./api.js";
import { toast } from "./toast.js";

const box = $("#account-box");
let card = null;
let tag = ""; // of the card that the fields were filled from
let tell = { platform: () => {}, given: () => {} };

/** Open the dialogue for an account; `told` hears of a fresh platform and of a first password to show. */
export async function openAccount(id, told) {
  tell = told;
  const found = await attempt(() => Promise.all([tagged(`/accounts/${id}`), whole("/teachers?limit=200")]));
  if (!found) return;
  const [{ value: fresh }, teachers] = found;
  tag = found[0].tag;
  $("#edit-teacher").replaceChildren(...teachers.map((one) => new Option(`${one.name} (${one.id})`, one.id)));
  show(fresh);
  $("#edit-name").value = fresh.name;
  $("#edit-role").value = fresh.role;
  if (fresh.teacher && !teachers.some((one) => one.id === fresh.teacher)) $("#edit-teacher").add(new Option(fresh.teacher, fresh.teacher));
  if (fresh.teacher) $("#edit-teacher").value = fresh.teacher;
  if ($("#edit-district")) $("#edit-district").value = fresh.district ?? "";
  rows();
  box.showModal();
}

/** Which rows go with the chosen role. */
function rows() {
  const role = $("#edit-role").value;
  $("#edit-teacher-row").hidden = role !== "teacher";
  if ($("#edit-district-row")) $("#edit-district-row").hidden = role !== "bureau";
}

function show(fresh) {
  card = fresh;
  fill(box, { title: t("admin.edit_title", { login: card.login }), sign_on: card.sign_on && t("admin.edit_sign_on", { name: card.sign_on }) });
  sync($("#edit-sessions"), card.sessions, (row) => row.id, makeSession, (element, row) =>
    fill(element, { began: t("admin.session_since", { time: when(row.began_at) }), way: row.sign_on ? t("admin.session_sign_on") : t("admin.session_password") }));
  $("#no-sessions").hidden = card.sessions.length > 0;
  $("#edit-out").disabled = card.sessions.length === 0;
  $("#edit-factor").disabled = !card.second_factor;
  $("#edit-factor-state").textContent = t(card.second_factor ? "admin.factor_on" : "admin.factor_off");
  sync($("#edit-changes"), card.changes, (row) => `${row.at} ${row.field}`, () => clone("change"), (element, row) =>
    fill(element, { at: when(row.at), field: word("admin.field", row.field), what: said(row), by: row.by }));
  $("#no-changes").hidden = card.changes.length > 0;
}

function said({ field, old, new: fresh }) {
  if (field === "role") return `${word("role", old)} → ${word("role", fresh)}`;
  if (field === "password") return "";
  if (field === "sessions") return t("admin.session_ended");
  return `${old || "—"} → ${fresh || "—"}`;
}

function makeSession(row) {
  const element = clone("session");
  $("button", element).addEventListener("click", async () => changed(await attempt(() => post(`/accounts/${card.id}/sessions/${row.id}/end`))));
  return element;
}

/** What the fields show of a card: as long as it stays, a fresh tag names what they were filled from. */
const fields = ({ name, role, teacher, district, disabled }) => JSON.stringify([name, role, teacher, district, disabled]);

/** After something was `done` the card is read again, and the list behind the dialogue, too. */
async function changed(done) {
  const fresh = done && (await attempt(() => tagged(`/accounts/${card.id}`)));
  if (!fresh) return;
  if (fields(fresh.value) === fields(card)) tag = fresh.tag;
  show(fresh.value);
  const platform = await attempt(() => get("/platform"));
  if (platform) tell.platform(platform);
}

async function save(event) {
  event.preventDefault();
  const role = $("#edit-role").value;
  const wanted = { name: $("#edit-name").value.trim(), role };
  if (role === "teacher") wanted.teacher = $("#edit-teacher").value;
  if (role === "bureau" && $("#edit-district")) wanted.district = $("#edit-district").value || null;
  const platform = await attempt(async () => {
    try {
      return (await tagged(`/accounts/${card.id}`, wanted, tag, "PATCH")).value;
    } catch (error) {
      if (error instanceof Problem && error.code === "outdated") box.close(); // what is offered then lies behind it
      throw error;
    }
  }, () => openAccount(card.id, tell));
  if (!platform) return;
  if (card.id === data.me && role !== "admin") return void location.assign("/"); // this page is not theirs any more
  tell.platform(platform);
  toast(t("admin.done_change", { login: card.login }));
  box.close();
}

$("form", box).addEventListener("submit", save);
$("#edit-role").addEventListener("change", rows);
$("#edit-reset").addEventListener("click", async () => {
  const answer = await attempt(() => post(`/accounts/${card.id}/password`));
  if (!answer) return;
  box.close();
  tell.given(answer);
});
$("#edit-factor").addEventListener("click", async () => changed(await attempt(() => post(`/accounts/${card.id}/second-factor/remove`))));
$("#edit-out").addEventListener("click", async () => {
  changed(await attempt(() => post(`/accounts/${card.id}/sign-out`)));
});
for (const close of $$("[data-close]", box)) close.addEventListener("click", () => box.close());
