// The guardians of a class: who agreed to what, and what was sent; the office changes it.
import { $, $$, batched, clone, data, fill, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post, send } from "./api.js";
import { toast } from "./toast.js";
import "./file-field.js";

let view = data;
let editing = null;

const clock = (minute) => (minute === null ? "" : `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`);
const minute = (text) => (text ? Number(text.slice(0, 2)) * 60 + Number(text.slice(3)) : null);

function badge(text) {
  const element = document.createElement("span");
  element.className = "badge";
  element.textContent = text;
  return element;
}

function kin(element, one) {
  const way = one.by === "email" ? one.email || one.phone : one.phone || one.email;
  const quiet = one.quiet_from === null ? "" : t("guardians.quiet", { from: clock(one.quiet_from), until: clock(one.quiet_until) });
  const language = one.language === "zh" ? "中文" : "English";
  fill(element, {
    who: one.relation ? `${one.name} (${word("guardians.relation", one.relation)})` : one.name,
    contact: [way || t("guardians.no_contact"), language, quiet].filter(Boolean).join(" · "),
  });
  const wants = one.wants.map((kind) => badge(t(`guardians.kind_${kind}`)));
  $(".kin-wants", element).replaceChildren(...(wants.length ? wants : [badge(t("guardians.nothing"))]));
  const edit = $(".kin-edit", element);
  edit.hidden = !view.may_edit;
  edit.setAttribute("aria-label", `${t("guardians.edit")}: ${one.name}`);
  edit.onclick = () => open(one);
}

function pupil(element, one) {
  fill(element, { name: one.name });
  const list = $(".kin", element);
  if (one.guardians.length) sync(list, one.guardians, (line) => line.id, () => clone("kin-line"), kin);
  else {
    const none = document.createElement("li");
    none.className = "small";
    none.textContent = t("guardians.nobody");
    list.replaceChildren(none);
  }
}

function sent(element, line) {
  const name = view.students.find((one) => one.student === line.student)?.name ?? line.student;
  fill(element, {
    at: when(line.sent_at ?? line.made_at),
    name,
    kind: t(`guardians.kind_${line.kind}`),
    guardian: line.guardian_name,
    state: t(`guardians.state_${line.state}`),
    why: [line.why ? word("guardians.why", line.why) : "", line.text, line.state === "failed" ? line.detail : ""].filter(Boolean).join(" · "),
  });
}

const paint = batched(() => {
  sync($("#who"), view.students, (one) => one.student, () => clone("pupil-card"), pupil);
  sync($("#sent"), view.messages, (one) => one.id, () => clone("sent-line"), sent);
  $("#no-sent").hidden = view.messages.length > 0;
});

function open(one) {
  editing = one;
  $("#form").reset();
  $("#new-lines").hidden = one !== null;
  $("#f-name").required = one === null;
  $("#box-title").textContent = one ? `${t("guardians.edit")}: ${one.name}` : t("guardians.add");
  if (one) {
    for (const box of $$("[name=wants]")) box.checked = one.wants.includes(box.value);
    $("#f-language").value = one.language;
    $("#f-by").value = one.by;
    $("#f-quiet-from").value = clock(one.quiet_from);
    $("#f-quiet-until").value = clock(one.quiet_until);
  }
  $("#remove").hidden = one === null;
  $("#remove").textContent = t("guardians.remove");
  delete $("#remove").dataset.sure;
  $("#box").showModal();
}

async function save(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = {
    wants: form.getAll("wants"), language: form.get("language"), by: form.get("by"),
    quiet_from: minute(form.get("quiet_from")), quiet_until: minute(form.get("quiet_until")),
  };
  const more = { student: form.get("student"), name: (form.get("name") ?? "").trim(), relation: (form.get("relation") ?? "").trim(), phone: (form.get("phone") ?? "").trim(), email: (form.get("email") ?? "").trim() };
  const done = await attempt(() => (editing ? post(`/guardians/${editing.id}`, said) : post("/guardians", { ...said, ...more })));
  if (!done) return;
  $("#box").close();
  toast(t("guardians.saved", { name: done.name }));
  await again();
}

async function again() {
  const fresh = await attempt(() => get(`/classes/${view.class_id}/guardians`));
  if (fresh) { view = fresh; paint(); }
}

/** The first touch asks, the second removes. */
async function remove() {
  const button = $("#remove");
  if (!button.dataset.sure) {
    button.dataset.sure = "1";
    button.textContent = t("guardians.remove_sure", { name: editing.name });
    return;
  }
  const done = await attempt(() => post(`/guardians/${editing.id}/remove`));
  if (!done) return;
  $("#box").close();
  toast(t("guardians.removed", { name: done.name }));
  await again();
}

let looked = null;

function forget() {
  looked = null;
  for (const id of ["#sheet-wrong", "#sheet-sum", "#sheet-take"]) $(id).hidden = true;
  $("#sheet-look").hidden = false;
}

/** Send the chosen sheet; what is wrong with it stands below, line by line. */
async function sheet(path) {
  $("#sheet-wrong").hidden = true;
  try {
    return await send(path, $("#sheet-file").files[0]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    $("#sheet-wrong").textContent = error.message;
    $("#sheet-wrong").hidden = false;
    return null;
  }
}

async function look(event) {
  event.preventDefault();
  looked = await sheet("/guardian-sheet/dry-run");
  if (!looked) return;
  const { report } = looked;
  const news = report.added + report.changed > 0;
  $("#sheet-sum").textContent = t(news ? "guardians.import_would" : "guardians.import_same", report);
  $("#sheet-sum").hidden = false;
  $("#sheet-take").hidden = !news;
  $("#sheet-look").hidden = news;
}

async function take() {
  const done = await sheet(`/guardian-sheet/import?digest=${looked.digest}`);
  if (!done) return;
  $("#sheet-box").close();
  toast(t("guardians.imported", done));
  await again();
}

if (view.may_edit) {
  $("#add").addEventListener("click", () => open(null));
  $("#form").addEventListener("submit", save);
  $("#remove").addEventListener("click", remove);
  $("#bring").addEventListener("click", () => { $("#sheet").reset(); forget(); $("#sheet-box").showModal(); });
  $("#sheet").addEventListener("submit", look);
  $("#sheet-file").addEventListener("change", forget);
  $("#sheet-take").addEventListener("click", take);
  for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
}
paint();
