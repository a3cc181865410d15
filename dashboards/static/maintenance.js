// The maintenance page: tickets, planned checks, spare parts; everything that is done is answered with what is then.
import { $, $$, batched, boot, clone, data, fill, pick, setMark, sync, t, when } from "./boot.js";
import { attempt, get, post, send } from "./api.js";
import { toast } from "./toast.js";

const TONES = { urgent: "critical", high: "major", normal: "warning", low: "info" };
const OVER = new Set(["verified", "rejected"]);
const wanted = new URLSearchParams(location.search);
let view = data;
let file = null;
let asking = null;

const dayOf = (text) => new Intl.DateTimeFormat(boot.language === "zh" ? "zh-CN" : "en-GB", { month: "numeric", day: "numeric" }).format(Date.parse(`${text}T12:00:00Z`));
const where = (line) => [pick(line, "device"), pick(line, "place")].filter(Boolean).join(" · ");

function ticketRow(element, line) {
  const { ticket } = line;
  const tone = OVER.has(ticket.state) ? "quiet" : ticket.state === "done" ? "good" : TONES[ticket.severity];
  element.className = line.overdue ? "late" : "";
  setMark($(".job-mark", element), tone);
  const due = OVER.has(ticket.state) ? "" : t(line.overdue ? "works.overdue" : "works.due", { at: when(ticket.due_at) });
  fill(element, {
    title: ticket.title, where: where(line), state: t(`works.state_${ticket.state}`), due: ticket.state === "done" ? "" : due,
    who: [t(`works.severity_${ticket.severity}`), line.assignee].filter(Boolean).join(" · "),
  });
  $(".job", element).onclick = () => openTicket(ticket.id);
}

function checkRow(element, line) {
  const { check, days } = line;
  element.className = days < 0 ? "late" : "";
  setMark($(".job-mark", element), days < 0 ? "critical" : days <= 7 ? "warning" : "quiet");
  const last = line.runs[0];
  fill(element, {
    title: check.title,
    where: [where(line) || (check.kind && t(`kind.${check.kind}`)), t("works.of_devices", { n: line.devices })].filter(Boolean).join(" · "),
    who: last ? t(last.passed ? "works.last_passed" : "works.last_failed", { at: when(last.done_at), who: last.by }) : t("works.never_done"),
    state: t(`works.each_${check.unit}`, { n: check.every }),
    due: days < 0 ? t("works.days_over", { n: -days }) : t("works.due", { at: dayOf(check.next_due) }),
  });
  $(".job", element).onclick = () => askDone(line);
}

function partRow(element, part) {
  const few = part.stock < part.minimum;
  element.className = few ? "late" : "";
  setMark($(".job-mark", element), few ? "warning" : "quiet");
  fill(element, {
    title: part.name, where: [part.number, part.shelf].filter(Boolean).join(" · "), who: "",
    state: String(part.stock), due: t(few ? "works.too_few" : "works.at_least", { n: part.minimum }),
  });
  $(".job", element).onclick = () => { asking = part; $("#move-form").reset(); $("#move-title").textContent = part.name; $("#move-box").showModal(); };
}

const paint = batched(() => {
  const mine = $("#mine").checked;
  const live = view.tickets.filter((line) => !mine || line.ticket.assignee === view.me);
  sync($("#tickets"), live, (line) => line.ticket.id, () => clone("job"), ticketRow);
  sync($("#past"), view.past, (line) => line.ticket.id, () => clone("job"), ticketRow);
  sync($("#checks"), view.checks, (line) => line.check.id, () => clone("job"), checkRow);
  sync($("#parts"), view.parts, (part) => part.id, () => clone("job"), partRow);
  const late = view.tickets.filter((line) => line.overdue).length;
  const over = view.checks.filter((line) => line.days < 0).length;
  $("#tickets-count").textContent = late ? t("works.late", { n: late }) : String(view.tickets.length);
  $("#checks-count").textContent = over ? t("works.late", { n: over }) : String(view.checks.length);
  $("#no-tickets").hidden = live.length > 0;
  $("#no-checks").hidden = view.checks.length > 0;
  $("#no-parts").hidden = view.parts.length > 0;
  $("#earlier").hidden = view.past.length === 0;
  $("#past-count").textContent = view.past.length;
});

async function refresh() {
  const fresh = await attempt(() => get("/upkeep"));
  if (fresh) { view = fresh; paint(); }
}

async function openTicket(id) {
  const found = await attempt(() => get(`/upkeep/tickets/${id}`));
  if (found) { show(found); if (!$("#ticket-box").open) $("#ticket-box").showModal(); }
}

function fact(name, value) {
  if (!value) return [];
  const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
  dt.textContent = name; dd.textContent = value;
  return [dt, dd];
}

function show(found) {
  file = found;
  const { ticket } = found.line;
  $("#ticket-title").textContent = ticket.title;
  $("#ticket-facts").replaceChildren(
    ...fact(t("works.where"), where(found.line)), ...fact(t("works.severity"), t(`works.severity_${ticket.severity}`)),
    ...fact(t("works.state"), t(`works.state_${ticket.state}`)), ...fact(t("works.assignee"), found.line.assignee),
    ...fact(t("works.due_name"), when(ticket.due_at)), ...fact(t("works.outcome"), ticket.outcome && t(`works.outcome_${ticket.outcome}`)),
    ...fact(t("works.parts"), found.parts.map(([name, n]) => `${name} × ${n}`).join(", ")),
  );
  const told = [...found.moves.map((one) => ({ at: one.at, by: one.by, text: moveText(one) })), ...found.comments];
  told.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  $("#ticket-told").replaceChildren(...told.map(toldLine));
  if (!$("#ticket-acts")) return;
  const live = !OVER.has(ticket.state);
  $("#ticket-acts").replaceChildren(...found.line.acts.map(actButton));
  $("#act-form").hidden = true;
  $("#ticket-acts").hidden = false;
  $("#use-form").hidden = !live || view.parts.length === 0;
  $("#use-part").replaceChildren(...view.parts.map((part) => new Option(`${part.name} (${part.stock})`, part.id)));
}

const moveText = (one) => [t(`works.state_${one.new}`), one.new === "assigned" && one.assignee, one.note].filter(Boolean).join(" · ");

function toldLine(one) {
  const item = document.createElement("li");
  const head = document.createElement("small");
  head.textContent = `${when(one.at)} ${one.by}`;
  const words = document.createElement("div");
  words.textContent = one.text;
  item.append(head, words);
  if (one.photo) {
    const picture = document.createElement("img");
    picture.src = `/api/v1/upkeep/tickets/${file.line.ticket.id}/photos/${one.id}`;
    picture.alt = t("works.photo_of", { who: one.by });
    picture.loading = "lazy";
    item.append(picture);
  }
  return item;
}

function actButton(act) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = t(`works.act_${act}`);
  element.dataset.act = act;
  if (act === "done" || act === "verify") element.className = "primary";
  element.addEventListener("click", () => ask(act));
  return element;
}

function ask(act) {
  asking = act;
  $("#act-form").reset();
  $("#act-title").textContent = $("#act-ok").textContent = t(`works.act_${act}`);
  $("#act-who").hidden = act !== "assign";
  $("#act-how").hidden = act !== "done";
  $("#act-note").required = ["wait", "redo", "reject"].includes(act);
  $("#act-form").hidden = false;
  $("#ticket-acts").hidden = true;
  $(act === "assign" ? "#act-assignee" : act === "done" ? "#act-outcome" : "#act-note").focus();
}

/** Do something to the ticket that is open, show what it is then, and the list behind it. */
async function change(work) {
  const found = await attempt(work);
  if (!found) return false;
  show(found);
  await refresh();
  return true;
}

$("#act-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = { note: form.get("note").trim(), assignee: asking === "assign" ? form.get("assignee") : "", outcome: asking === "done" ? form.get("outcome") : null };
  await change(() => post(`/upkeep/tickets/${file.line.ticket.id}/act/${asking}`, said));
});
$("#act-cancel")?.addEventListener("click", () => { $("#act-form").hidden = true; $("#ticket-acts").hidden = false; });

$("#say-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("#say-text").value.trim();
  if (text && (await change(() => post(`/upkeep/tickets/${file.line.ticket.id}/comments`, { text })))) event.target.reset();
});
$("#say-photo")?.addEventListener("change", async (event) => {
  const [photo] = event.target.files;
  if (!photo) return;
  const text = encodeURIComponent($("#say-text").value.trim());
  if (await change(() => send(`/upkeep/tickets/${file.line.ticket.id}/photos?text=${text}`, photo))) $("#say-form").reset();
  event.target.value = "";
});
$("#use-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const fresh = await attempt(() => post(`/upkeep/parts/${form.get("part")}/move`, { change: -Number(form.get("count")), ticket: file.line.ticket.id }));
  if (fresh) { view = fresh; paint(); await openTicket(file.line.ticket.id); }
});

function askDone(line) {
  asking = line.check;
  $("#done-form").reset();
  $("#done-title").textContent = line.check.title;
  $("#done-how").textContent = line.check.instructions;
  $("#done-box").showModal();
}

/** A form in a dialogue that changes the page: what `said` makes of it goes to `path`. */
function dialogue(form, path, said, words) {
  $(form)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fresh = await attempt(() => post(path(), said(new FormData(event.target))));
    if (!fresh) return;
    event.target.closest("dialog").close();
    toast(t(words));
    if (fresh.tickets) { view = fresh; paint(); } else { await refresh(); show(fresh); $("#ticket-box").showModal(); }
  });
}

const text = (form, name) => form.get(name).trim();
dialogue("#new-form", () => "/upkeep/tickets", (form) => ({
  title: text(form, "title"), severity: form.get("severity"), device: text(form, "device") || null, place: form.get("place") || null,
  ...(wanted.get("alarm") ? { alarm: wanted.get("alarm") } : {}),
}), "works.opened");
dialogue("#done-form", () => `/upkeep/checks/${asking.id}/done`, (form) => ({ passed: form.get("passed") === "yes", note: text(form, "note") }), "works.check_noted");
dialogue("#check-form", () => "/upkeep/checks", (form) => ({
  title: text(form, "title"), every: Number(form.get("every")), unit: form.get("unit"), first_due: form.get("first_due"),
  instructions: text(form, "instructions"), kind: form.get("kind"), place: form.get("place") || null,
}), "works.planned");
dialogue("#part-form", () => "/upkeep/parts", (form) => ({
  name: text(form, "name"), number: text(form, "number"), shelf: text(form, "shelf"), stock: Number(form.get("stock")), minimum: Number(form.get("minimum")),
}), "works.added");
dialogue("#move-form", () => `/upkeep/parts/${asking.id}/move`, (form) => ({ change: Number(form.get("change")), note: text(form, "note") }), "works.saved");

$("#done-end")?.addEventListener("click", async () => {
  const fresh = await attempt(() => post(`/upkeep/checks/${asking.id}/end`));
  if (fresh) { view = fresh; paint(); $("#done-box").close(); }
});
for (const radio of $$("#done-form [name=passed]")) radio.addEventListener("change", () => { $("#done-note").required = $("#done-form [value=no]").checked; });
for (const [button, box] of [["#new", "#new-box"], ["#new-check", "#check-box"], ["#new-part", "#part-box"]]) {
  $(button)?.addEventListener("click", () => { $("form", $(box)).reset(); $(box).showModal(); });
}
for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
for (const list of ["#n-place", "#c-place"]) $(list).append(...view.places.map((one) => new Option(pick(one, "name"), one.id)));
$("#device-ids").replaceChildren(...view.devices.map((one) => new Option(pick(one, "name"), one.id)));
$("#mine").addEventListener("change", paint);
if ((wanted.get("device") || wanted.get("alarm")) && $("#new")) {
  $("#n-device").value = wanted.get("device") ?? "";
  $("#n-title").value = wanted.get("title") ?? "";
  $("#new-box").showModal();
}
if (wanted.get("ticket")) openTicket(wanted.get("ticket"));
setInterval(refresh, 60_000);
paint();
