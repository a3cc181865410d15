// The muster: everybody ticks at once, everybody sees the same count, and the classes that still miss somebody come first.
import { $, $$, batched, boot, clone, data, everySecond, fill, setMark, setNow, since, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post } from "./api.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";
import { Unsaved } from "./unsaved.js";

const TONES = { open: "warning", missing: "critical", seen: "good", away: "good", left: "good" };

let view = data;
const alarm = new URLSearchParams(location.search).get("alarm"); // the alarm that led here, if one did
let beginning = null;
// Who leads sees thirty classes: names unfold where somebody is looked for, or where few are left.
const FEW = 6;
const leads = $("#assembly").classList.contains("leading");
const figures = new Map(); // of past incidents, by id

const place = (id) => view.places[id]?.[boot.language === "zh" ? 0 : 1] || view.places[id]?.[0] || id || "";
const kindText = (incident) => t(`incident.${incident.kind}`);
const seconds = (s) => (s === null || s === undefined ? "—" : t("muster.min_s", { m: Math.floor(s / 60), s: Math.round(s % 60) }));

/** What is known of a student, in words: where the lesson is of who is not with the class, and `seen`. */
function note(pupil) {
  if (pupil.unsaved) return t("unsaved.short");
  const group = pupil.room ? `${t("muster.room", { room: place(pupil.room), subject: pupil.subject })} ` : "";
  return group + seen(pupil);
}

/** Who saw the student, or where that was last. */
function seen(pupil) {
  if (pupil.state === "left") return t("muster.left_at", { place: place(pupil.place), time: when(pupil.at, true) });
  if (pupil.state === "seen" || pupil.state === "away") return t("muster.seen_by", { who: pupil.by ?? "", time: when(pupil.at, true) });
  const last = pupil.seen_at ? t("muster.last_seen", { place: place(pupil.place), time: when(pupil.seen_at) }) : t("muster.never_seen");
  const doubt = pupil.before === "unknown" ? ` ${t("muster.in_doubt")}` : "";
  return pupil.state === "missing" ? `${t("muster.searched", { who: pupil.by ?? "", time: when(pupil.at, true) })} ${last}` : last + doubt;
}

function tick(students, state) {
  unsaved.say(students, `/incidents/${view.incident.id}/tick`, { students, state }, { state });
}

/** A pupil as the page shows it: what this person has just said, or what the platform knows. */
function shown(pupil) {
  const said = unsaved.of(pupil.id);
  return said ? { ...pupil, ...said.shown, unsaved: true } : pupil;
}

/** A tick has arrived; of whom somebody else has spoken since, that stands, and it is told. */
function saved(item, answer) {
  if (answer instanceof Problem) {
    toast(`${word("error", answer.code)}: ${answer.message}`, { bad: true });
    return;
  }
  show(answer);
  const pupils = answer.classes.flatMap((row) => row.students).filter((pupil) => item.about.includes(pupil.id));
  for (const pupil of pupils.filter((one) => one.state !== item.shown.state && one.state !== "left")) {
    const own = { ...item, id: `${item.id} ${pupil.id}`, about: [pupil.id], body: { ...item.body, students: [pupil.id] } };
    unsaved.overtaken(own, t("unsaved.overtaken", { name: pupil.name, theirs: t("unsaved.theirs", { status: t(`muster.state_${pupil.state}`), why: seen(pupil) }), yours: t(`muster.state_${item.shown.state}`) }));
  }
}

function makeClass(row) {
  const element = clone("class");
  $("[data-rest]", element).addEventListener("click", () => {
    const open = view.classes.find((one) => one.id === row.id).students.map(shown).filter((pupil) => pupil.state === "open");
    tick(open.map((pupil) => pupil.id), "seen");
  });
  return element;
}

function updateClass(element, known) {
  const row = { ...known, students: known.students.map(shown) };
  const room = row.room ? t("muster.room", { room: place(row.room), subject: row.subject }) : "";
  fill(element, { title: row.title, count: `${row.accounted} / ${row.total}`, room });
  element.classList.toggle("complete", row.accounted === row.total);
  $(".meter i", element).style.width = `${(100 * row.accounted) / row.total}%`;
  const open = row.students.filter((pupil) => pupil.state === "open").length;
  const rest = $("[data-rest]", element);
  rest.hidden = open === 0;
  rest.textContent = t("muster.rest_seen", { n: open });
  const names = $(".names", element);
  const waiting = row.total - row.accounted;
  fill(element, { waiting: waiting ? t("muster.waiting", { n: waiting }) : t("muster.complete") });
  const unfold = !leads || row.missing > 0 || (waiting > 0 && waiting <= FEW);
  if (names.dataset.unfold !== String(unfold)) { names.dataset.unfold = String(unfold); names.open = unfold; }
  sync($(".pupils", element), row.students, (pupil) => pupil.id, makePupil, updatePupil);
}

function makePupil(pupil) {
  const element = clone("pupil");
  for (const button of $$("button", element)) button.addEventListener("click", () => tick([pupil.id], button.dataset.state));
  return element;
}

function updatePupil(element, pupil) {
  element.className = `tone-${TONES[pupil.state]}${pupil.unsaved ? " unsaved" : ""}`;
  setMark($(".pupil-mark", element), TONES[pupil.state]);
  fill(element, { name: pupil.name, note: note(pupil) });
  const waiting = pupil.state === "open" || pupil.state === "missing";
  for (const button of $$("button", element)) {
    const to = button.dataset.state;
    button.hidden = to === "seen" ? !waiting : to === "missing" ? pupil.state !== "open" : pupil.state === "open" || pupil.state === "left";
    button.setAttribute("aria-label", `${pupil.name}: ${button.textContent}`);
  }
}

function makePast(row) {
  const element = clone("past-row");
  $("[data-report]", element).href = `/api/v1/incidents/${encodeURIComponent(row.id)}/report`;
  $("[data-open]", element).addEventListener("click", async () => {
    const found = await attempt(() => get(`/incidents/${row.id}/figures`));
    if (found) { figures.set(row.id, found); paint(); }
  });
  return element;
}

function updatePast(element, row) {
  const found = figures.get(row.id);
  const slow = found?.classes[0];
  const title = slow ? (view.titles[slow.class_id] ?? slow.class_id) : "";
  const text = found ? t("muster.after", { total: found.total, accounted: found.accounted, half: seconds(found.within[50]), most: seconds(found.within[90]), all: seconds(found.within[100]), slowest: title }) : "";
  fill(element, {
    what: `${kindText(row)}${row.exercise ? ` (${t("muster.drill")})` : ""}`,
    when: t("muster.from_to", { from: when(row.opened_at), to: when(row.closed_at), who: row.opened_by }) + (row.note ? ` · ${row.note}` : ""),
    figures: text,
  });
}

const paint = batched(() => {
  const incident = view.incident;
  $("#calm").hidden = incident !== null;
  $("#head").hidden = incident === null;
  if ($("#would")) $("#would").textContent = t("muster.would", { n: view.would_count });
  sync($("#classes"), view.classes, (row) => row.id, makeClass, updateClass);
  if (incident) paintHead(incident);
  const past = $("#past");
  if (past) {
    sync(past, view.past, (row) => row.id, makePast, updatePast);
    $("#no-past").hidden = view.past.length > 0;
    $("#past-panel").hidden = incident !== null;
  }
});

function paintHead(incident) {
  const found = view.figures;
  $("#head").classList.toggle("exercise", incident.exercise);
  $("#head-title").textContent = kindText(incident);
  $("#exercise-badge").hidden = !incident.exercise;
  $("#accounted").textContent = String(found.accounted);
  $("#total").textContent = String(found.total);
  $("#missing").hidden = found.missing === 0;
  $("#missing").textContent = t("muster.missing_n", { n: found.missing });
  $("#meter").style.width = found.total ? `${(100 * found.accounted) / found.total}%` : "100%";
  $("#times").textContent = t("muster.times", { half: seconds(found.within[50]), most: seconds(found.within[90]), all: seconds(found.within[100]) });
  age();
}

function age() {
  if (view.incident) $("#since").textContent = t("muster.since", { time: when(view.incident.opened_at, true), age: since(view.incident.opened_at), who: view.incident.opened_by });
}

function show(fresh) {
  const began = fresh.incident && fresh.incident.id !== view.incident?.id;
  if (fresh.seen < view.seen) return; // an older answer that came late
  view = fresh;
  if (began) $("#announce").textContent = kindText(fresh.incident);
  paint();
}

async function resync() {
  const fresh = await get("/muster");
  setNow(Date.parse(fresh.now));
  show(fresh);
  return fresh.seen;
}

// Many tick at once: changes are gathered, and the whole is read again at most twice a second.
let waiting = 0;
function change() {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = 0;
    resync().catch((error) => { if (!(error instanceof Problem)) throw error; });
  }, 500);
}

for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
$("#begin")?.addEventListener("submit", (event) => {
  event.preventDefault();
  beginning = { kind: event.submitter.value, exercise: $("#exercise").checked };
  if (alarm) beginning.alarm = alarm;
  $("#begin-title").textContent = `${t(`incident.${beginning.kind}`)}${beginning.exercise ? ` (${t("muster.drill")})` : ""}`;
  $("#begin-text").textContent = t(beginning.exercise ? "muster.confirm_drill" : "muster.confirm_real", { n: view.would_count });
  $("#begin-box").showModal();
});
$("form", $("#begin-box")).addEventListener("submit", async () => {
  const fresh = await attempt(() => post("/incidents", beginning));
  if (fresh) show(fresh);
});
$("#all-clear")?.addEventListener("click", () => {
  const left = view.figures.total - view.figures.accounted;
  $("#end-open").textContent = left ? t("muster.still_open", { n: left }) : t("muster.everybody");
  $("#end-box").showModal();
});
$("form", $("#end-box")).addEventListener("submit", async (event) => {
  const fresh = await attempt(() => post(`/incidents/${view.incident.id}/end`, { note: new FormData(event.target).get("note") }));
  if (fresh) { show(fresh); toast(t("muster.ended")); }
});

if (alarm && $("#exercise")) $("#exercise").checked = false; // who comes from a real alarm means it
const unsaved = new Unsaved({ painted: paint, sent: saved });
everySecond(age);
paint();
follow({ seen: view.seen, change, resync });
