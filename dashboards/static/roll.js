// The class roll: exceptions on top with their reason, one touch to correct, everything else on the same screen.
import { $, boot, batched, clone, data, day, fill, setMark, setNow, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post } from "./api.js";
import { TONES, reasons, status } from "./reasons.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";
import { Many } from "./many.js";
import { Unsaved } from "./unsaved.js";

const ORDER = ["unknown", "absent", "left_early", "open", "late", "sick", "on_leave", "official", "suspended", "not_required", "present"];
const ALWAYS = new Set(["unknown", "absent", "late", "on_leave", "present"]); // counted on top even when there are none
// Whom somebody must look for; the others are settled.
const ASK = new Set(["unknown", "absent", "left_early"]);
// What one touch says: a status and the reason that goes with it.
const TOUCHES = {
  unknown: ["present_seen", "late_seen", "absent_confirmed", "on_leave_told"],
  absent: ["present_seen", "late_seen", "on_leave_told", "on_leave_sick"],
  open: ["present_seen", "on_leave_told", "absent_confirmed"],
  late: ["present_excused", "on_leave_told", "absent_confirmed"],
  on_leave: ["present_seen", "late_seen", "absent_confirmed"],
  present: ["absent_gone", "late_seen", "on_leave_sick"],
};
const statusOf = (touch) => (touch.startsWith("on_leave") ? "on_leave" : touch.split("_")[0]);

let roll = data;
let lines = new Map(roll.lines.map((line) => [line.student, line]));
let opened = null;
// A day that was chosen stays; today gives way to tomorrow.
const chosenDay = roll.day === roll.today ? null : roll.day;
const { clock, gateName, why } = reasons(roll.gates);
const collator = new Intl.Collator("zh-CN");

/** Whom a word that is not saved yet is about: a student in a session. */
const about = (student) => `${roll.session?.id} ${student}`;
/** A line as the page shows it: what this person has just said of it, or the roll's own. */
function shown(line) {
  const said = unsaved.of(about(line.student));
  return said ? { ...line, ...said.shown, evidence: {}, why: "unsaved", unsaved: true } : line;
}

function short(line) {
  if (line.unsaved) return t("unsaved.short");
  if (line.held) return t("roll.short_corrected", { who: line.by });
  if (line.evidence.minutes !== undefined) return t("roll.short_late", { n: line.evidence.minutes });
  if (line.evidence.at && line.evidence.gate) return `${clock(line.evidence.at)} ${gateName(line.evidence.gate)}`;
  return line.evidence.kind ? word("leave", line.evidence.kind) : t(`status.${status(line)}`);
}

/** Present in the morning, and out now: said beside the mark. */
const left = (line) => line.site === "out" && line.seen_at && ["present", "late"].includes(line.status);

function touchButton(touch, line) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `tone-${TONES[statusOf(touch)]}`;
  const strong = document.createElement("b");
  strong.textContent = t(`status.${statusOf(touch)}`);
  button.append(strong, ` ${t(`correct.${touch}`)}`);
  button.addEventListener("click", () => correct(line.student, statusOf(touch), t(`correct.${touch}`)));
  return button;
}

function touches(host, line) {
  const key = `${status(line)} ${line.student}`;
  if (host.dataset.of === key) return;
  host.dataset.of = key;
  host.replaceChildren(...(TOUCHES[status(line)] ?? TOUCHES.present).map((touch) => touchButton(touch, line)));
}

function makeCase(line) {
  const element = clone("case");
  const more = $("[data-open]", element);
  more.addEventListener("click", () => many.turn(line.student) || openPupil(line.student));
  return element;
}

function updateCase(element, line) {
  element.className = `pupil tone-${TONES[status(line)]}`;
  setMark($(".pupil-mark", element), TONES[status(line)]);
  element.classList.toggle("unsaved", Boolean(line.unsaved));
  const more = $("[data-open]", element);
  more.textContent = t(many.on ? "roll.choose" : "roll.more");
  more.setAttribute("aria-label", t(many.on ? "roll.choose_one" : "roll.more_of", { name: line.name }));
  many.show(more, line.student);
  const gone = left(line) ? ` ${t("roll.left", { time: when(line.seen_at) })}` : "";
  fill(element, { name: line.name, status: t(`status.${status(line)}`), why: why(line) + gone });
  touches($(".pupil-acts", element), line);
}

function makeFace(line) {
  const element = clone("face");
  $("button", element).addEventListener("click", () => many.turn(line.student) || openPupil(line.student));
  return element;
}

function updateFace(element, line) {
  const button = $("button", element);
  button.className = `face tone-${TONES[status(line)]}${line.held ? " held" : ""}${line.unsaved ? " unsaved" : ""}`;
  button.setAttribute("aria-label", `${line.name}: ${t(`status.${status(line)}`)}. ${why(line)}`);
  button.title = why(line);
  many.show(button, line.student);
  setMark($(".pupil-mark", element), TONES[status(line)]);
  fill(element, { name: line.name, short: short(line) });
}

function updateSum(element, [name, count]) {
  element.className = `tone-${TONES[name]}${count ? "" : " none"}`;
  setMark($(".sum-mark", element), TONES[name]);
  fill(element, { n: count, label: t(`status.${name}`) });
}

function sorted() {
  const rank = (line) => ORDER.indexOf(status(line));
  return [...lines.values()].map(shown).sort((a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name));
}

const asks = (line) => ASK.has(line.status) || left(line);

const paint = batched(() => {
  const all = sorted();
  const cases = all.filter(asks);
  const counts = ORDER.map((name) => [name, all.filter((line) => status(line) === name).length]);
  sync($("#sums"), counts.filter(([name, count]) => count || ALWAYS.has(name)), ([name]) => name, () => clone("sum"), updateSum);
  sync($("#cases"), cases, (line) => line.student, makeCase, updateCase);
  sync($("#faces"), all.filter((line) => !asks(line)), (line) => line.student, makeFace, updateFace);
  $("#no-cases").hidden = cases.length > 0 || roll.session === null;
  const waiting = all.filter((line) => status(line) === "open").length;
  $("#no-cases-note").textContent = waiting ? t("roll.still_open", { n: waiting }) : t("roll.all_well_note");
  $("#no-session").hidden = roll.session !== null;
  $("#ask").hidden = roll.session === null;
  for (const button of document.querySelectorAll(".pupil-acts button, #own-words button")) button.disabled = roll.session === null;
  $("#day").textContent = day.format(new Date(`${roll.day}T12:00:00Z`));
  $("#session").textContent = roll.session ? sessionText(roll.session) : t("roll.no_session");
  $("#locked").hidden = roll.locked_at === null;
  if (roll.locked_at) $("#locked").textContent = t(roll.override ? "roll.locked_office" : "roll.locked", { at: when(roll.locked_at) });
  if (opened) paintPupil();
});
const unsaved = new Unsaved({ painted: paint, sent: saved });
const many = new Many({ paint, lines: () => [...lines.values()], session: () => roll.session, take: (all) => all.forEach(take), correct });

function sessionText(session) {
  const key = session.kind === "arrival" ? "session" : "other";
  return t(`roll.${key}_${session.state}`, { late: when(session.late_at), closes: when(session.closes_at), opens: when(session.opens_at) });
}

function correct(student, to, reason) {
  $("#pupil-box").close();
  unsaved.say([about(student)], `/sessions/${roll.session.id}/students/${student}/correction`, { status: to, reason }, { status: to, reason, student });
}

/** A correction has arrived, or something stands against it. */
async function saved(item, answer, late) {
  const { student, status: to, reason } = item.shown;
  if (answer instanceof Problem) {
    await attempt(resync);
    const line = lines.get(student);
    const name = line?.name ?? student;
    if (answer.code !== "overtaken" || !line) toast(`${name}: ${word("error", answer.code)}: ${answer.message}`, { bad: true });
    else unsaved.overtaken(item, t("unsaved.overtaken", { name, theirs: t("unsaved.theirs", { status: t(`status.${status(line)}`), why: why(line) }), yours: t(`status.${to}`) }));
    return;
  }
  if (item.about[0] !== about(student)) return; // of a class or session that another page shows
  take(answer);
  if (late) return;
  const undo = { label: t("correct.undo_short"), run: () => undoOf(student) };
  toast(t("correct.done", { name: answer.name, status: t(`status.${to}`), reason }), { action: undo });
}

async function undoOf(student) {
  if (!unsaved.forget(about(student))) {
    const line = await attempt(() => post(`/sessions/${roll.session.id}/students/${student}/undo`));
    if (!line) return;
    take(line);
  }
  $("#pupil-box").close();
  const line = lines.get(student);
  toast(t("correct.undone", { name: line.name, status: t(`status.${status(line)}`) }));
}

function take(line) {
  lines.set(line.student, line);
  paint();
}

async function openPupil(student) {
  opened = student;
  $("#own-words").reset();
  $("#pupil-history").replaceChildren();
  paintPupil();
  $("#pupil-box").showModal();
  if (!roll.session) return;
  const entries = await attempt(() => get(`/sessions/${roll.session.id}/students/${student}/history`));
  if (entries && opened === student) showHistory(entries);
}

function paintPupil() {
  const line = shown(lines.get(opened));
  $("#pupil-name").textContent = line.name;
  $("#pupil-page").href = `/students/${encodeURIComponent(opened)}`;
  setMark($("#pupil-mark"), TONES[status(line)]);
  $("#pupil-status").textContent = t(`status.${status(line)}`);
  $("#pupil-status").className = `badge tone-${TONES[status(line)]}`;
  $("#pupil-why").textContent = `${why(line)} ${t("roll.site", { site: t(`site.${line.site}_one`), time: line.seen_at ? when(line.seen_at) : "—" })}`;
  touches($("#pupil-acts"), line);
  $("#pupil-undo").hidden = !line.held && !line.unsaved;
}

function showHistory(entries) {
  const line = lines.get(opened);
  const made = entries.map((entry) => {
    const element = clone("entry");
    const by = entry.by === "machine" ? t("roll.machine") : entry.by;
    fill(element, { at: when(entry.at), status: t(`status.${entry.status ?? "open"}`), by, why: why({ ...line, ...entry }) });
    return element;
  });
  $("#pupil-history").replaceChildren(...made.reverse());
}

$("#pupil-box").addEventListener("close", () => { opened = null; });
$("#pupil-close").addEventListener("click", () => $("#pupil-box").close());
$("#pupil-undo").addEventListener("click", () => undoOf(opened));
$("#own-words").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const reason = form.get("reason").trim();
  if (reason) correct(opened, form.get("status"), reason);
});

async function resync() {
  // Another session than the arrival was chosen for this day; when the day has turned it is the arrival again.
  const asked = new URLSearchParams();
  if (roll.session && roll.session.kind !== "arrival") asked.set("session", roll.session.id);
  if (chosenDay) asked.set("day", chosenDay);
  roll = await get(`/classes/${roll.class_id}/roll?${asked}`);
  setNow(Date.parse(roll.now));
  lines = new Map(roll.lines.map((line) => [line.student, line]));
  paint();
  return roll.seen;
}

/** A row of a session this page does not show yet means that the day has turned. */
function change(message) {
  const session = message.key.split(":")[0];
  if (message.row && session === roll.session?.id) take(message.row);
  else if (!chosenDay && !roll.sessions.some((one) => one.id === session)) attempt(resync);
}

paint();
follow({ seen: roll.seen, classId: roll.class_id, change, resync, beat: () => { if (boot.page === "roll") paint(); } });
