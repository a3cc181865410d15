// The leave of a class: what waits for a word, who is away, a new request, the note of a return.
import { $, $$, batched, boot, clone, data, fill, now, setMark, setNow, sync, t, when, word } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { holding } from "./hand.js";
import { follow, rereading } from "./live.js";
import { toast } from "./toast.js";

const PHASES = ["waits", "runs", "comes", "over"];
const TONES = { waits: "warning", runs: "info", comes: "quiet", over: "quiet" };
const ACTS = { waits: ["approve", "refuse"], runs: ["return"], comes: ["withdraw"], over: [] };
const WITH_WORDS = new Set(["refuse", "withdraw", "return"]);
const REREAD_MS = 1000; // each reading is a look at the class, and logged as one
let view = data;
let newest = view.seen;
let asking = null;

const locale = boot.language === "zh" ? "zh-CN" : "en-GB";
const dayOf = new Intl.DateTimeFormat(locale, { timeZone: boot.zone, month: "numeric", day: "numeric", weekday: "short" });
const timeOf = new Intl.DateTimeFormat(locale, { timeZone: boot.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const bothOf = (moment) => `${dayOf.format(Date.parse(moment))} ${timeOf.format(Date.parse(moment))}`;

/** The time of a request as a person says it. */
function span(line) {
  const [from, to] = [line.starts, line.ends].map((moment) => dayOf.format(Date.parse(moment)));
  const [begins, ends] = [line.starts, line.ends].map((moment) => timeOf.format(Date.parse(moment)));
  if (line.weekdays.length) {
    const days = line.weekdays.map((one) => t(`weekday.${one}`)).join(boot.language === "zh" ? "、" : ", ");
    return t("leaves.weekly", { days, begins, ends, from, to });
  }
  if (begins === "00:00" && ends === "23:59") return from === to ? t("leaves.one_day", { from }) : t("leaves.all_day", { from, to });
  return t("leaves.span", { from: bothOf(line.starts), to: from === to ? ends : bothOf(line.ends) });
}

function words(line) {
  const back = line.returned_at ? t("leaves.back_at", { at: when(line.returned_at) }) : "";
  const by = line.decided_at ? t("leaves.decided", { who: line.decided_by, at: when(line.decided_at) }) : "";
  return [by, line.words, back].filter(Boolean).join(" · ");
}

function update(element, line) {
  element.className = `pupil tone-${TONES[line.phase]}`;
  setMark($(".pupil-mark", element), TONES[line.phase]);
  const symptom = line.symptom ? ` · ${t(`symptom.${line.symptom}`)}` : "";
  const asked = { who: line.asked_by, at: when(line.asked_at) };
  fill(element, {
    name: line.name,
    kind: word("leave", line.kind) + symptom,
    state: line.phase === "over" ? t(`leaves.state_${line.state}`) : "",
    span: span(line),
    note: line.note,
    asked: line.guardian ? t("leaves.by_guardian", asked) : t("leaves.by_staff", asked),
    decided: line.phase === "waits" && line.own ? t("leaves.own") : words(line),
  });
  const acts = line.phase === "waits" && line.own ? ["withdraw"] : ACTS[line.phase];
  const host = $(".pupil-acts", element);
  if (host.dataset.of === String(acts)) return; // a button that stays keeps its focus
  host.dataset.of = acts;
  host.replaceChildren(...acts.map((act) => button(act, line)));
}

function button(act, line) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = t(`leaves.${act}`);
  element.setAttribute("aria-label", `${t(`leaves.${act}`)}: ${line.name}`);
  if (act === "approve" || act === "return") element.className = "primary";
  element.addEventListener("click", () => (WITH_WORDS.has(act) ? askWords(act, line) : decide(act, line, "")));
  return element;
}

const paint = batched(() => {
  $("#told").replaceChildren(...view.follow_ups.map(told));
  for (const phase of PHASES) {
    const lines = view.lines.filter((line) => line.phase === phase);
    sync($(`#${phase}`), lines, (line) => line.id, () => clone("leave-card"), update);
    if (phase === "over") { $("#over-count").textContent = lines.length; $("#earlier").hidden = lines.length === 0; }
    else $(`#no-${phase}`).hidden = lines.length > 0;
  }
  for (const one of view.classes) for (const count of $$(`[data-waits="${CSS.escape(one.id)}"]`)) count.textContent = one.waiting ? `(${one.waiting})` : "";
});
const show = holding($(".sheet"), $("#held"), paint);

function told(one) {
  const line = document.createElement("li");
  line.textContent = t("illness.told", { why: t(`illness.why_${one.why}`, { n: one.students }), symptom: t(`symptom.${one.symptom}`), at: when(one.opened_at) });
  return line;
}

function askWords(act, line) {
  asking = { act, line };
  $("#words-form").reset();
  $("#words-title").textContent = `${t(`leaves.${act}`)}: ${line.name}`;
  $("#words-label").textContent = t(`leaves.words_${act}`);
  $("#words-ok").textContent = t(`leaves.${act}`);
  $("#f-words").required = act === "refuse";
  $("#words-box").showModal();
}

async function decide(act, line, said) {
  const done = await attempt(() => post(`/leave/${line.id}/${act}`, { words: said }));
  if (done) toast(t(`leaves.done_${act}`, { name: done.name }));
  await refresh();
}

async function resync() {
  view = await get(`/classes/${view.class_id}/leave`);
  setNow(Date.parse(view.now));
  show();
  return view.seen;
}

async function refresh() {
  await attempt(resync);
  show({ asked: true });
}

const old = () => view.seen < newest || view.lines.some(turns); // what oneself did has been read already
const { stale } = rereading(() => (old() ? resync() : null), REREAD_MS);

/** Leave of this class is read again; of another one how many requests wait is all that is shown. */
function change(message) {
  if (message.topic === "illness" || message.key === view.class_id) { newest = message.id; stale(); return; }
  const other = view.classes.find((one) => one.id === message.key);
  if (other) { other.waiting = message.row.waiting; show(); }
}

/** What begins or ends by itself changes nothing in the database. */
function turns(line) {
  const moment = { runs: line.ends, comes: line.starts }[line.phase];
  return moment && Date.parse(moment) <= now();
}

$("#words-form").addEventListener("submit", () => decide(asking.act, asking.line, $("#f-words").value.trim()));

$("#new-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = {
    student: form.get("student"), first: form.get("first"), last: form.get("last"),
    begins: form.get("begins"), ends: form.get("ends"), kind: form.get("kind"), note: form.get("note").trim(),
    symptom: form.get("kind") === "sick" ? form.get("symptom") || null : null,
    weekdays: form.getAll("weekdays").map(Number), by_guardian: form.get("who") === "guardian",
  };
  const done = await attempt(() => post("/leave", said));
  if (!done) return;
  $("#new-box").close();
  toast(t("leaves.saved", { name: done.name }));
  await refresh();
});

function kindChosen() { $("#symptom-line").hidden = $("#f-kind").value !== "sick"; }
$("#f-kind").replaceChildren(...view.kinds.map((kind) => new Option(word("leave", kind), kind)));
$("#f-kind").addEventListener("change", kindChosen);
$("#f-first").addEventListener("change", () => { if ($("#f-last").value < $("#f-first").value) $("#f-last").value = $("#f-first").value; });
$("#new").addEventListener("click", () => { for (const field of $$("#f-first, #f-last")) field.defaultValue = view.today; $("#new-form").reset(); kindChosen(); $("#new-box").showModal(); });
for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
paint();
follow({ seen: view.seen, classId: view.class_id, change, resync, beat: () => { if (old()) stale(); } });
