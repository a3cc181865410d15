// What the illness watch opened for the school doctor, and what was done about it.
import { $, batched, boot, clone, data, fill, setMark, setNow, sync, t, when } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { holding } from "./hand.js";
import { follow, rereading } from "./live.js";

const REREAD_MS = 1000; // each reading is a look at who is ill, and logged as one
let view = data;
let newest = view.seen;

function make() {
  const element = clone("card");
  $("form", element).addEventListener("submit", (event) => {
    event.preventDefault();
    const words = $("input", element).value.trim();
    if (words) done(element.dataset.key, words, event.submitter?.value === "close");
  });
  return element;
}

function update(element, card) {
  const open = card.closed_at === null;
  element.className = `pupil tone-${open ? "warning" : "quiet"}`;
  setMark($(".pupil-mark", element), open ? "warning" : "quiet");
  fill(element, {
    title: card.class_title,
    symptom: t(`symptom.${card.symptom}`),
    why: t(`illness.why_${card.why}`, { n: card.patients.length }),
    who: card.patients.map((one) => one.name).join(boot.language === "zh" ? "、" : ", "),
    since: open ? t("illness.since", { at: when(card.opened_at) }) : t("illness.until", { at: when(card.opened_at), end: when(card.closed_at) }),
  });
  $(".notes", element).replaceChildren(...card.notes.map((note) => {
    const line = document.createElement("li");
    line.textContent = `${when(note.at)} ${note.by}: ${note.words}`;
    return line;
  }));
  $("form", element).hidden = !open;
  $("input", element).placeholder = t("illness.words");
  $("input", element).setAttribute("aria-label", `${t("illness.words")} (${card.class_title})`);
}

function row(one) {
  const line = document.createElement("tr");
  for (const text of [one.class_title, t(`symptom.${one.symptom}`), one.cases]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

const paint = batched(() => {
  const open = view.cards.filter((card) => card.closed_at === null);
  const closed = view.cards.filter((card) => card.closed_at !== null);
  sync($("#open"), open, (card) => card.id, make, update);
  sync($("#closed"), closed, (card) => card.id, make, update);
  $("#no-open").hidden = open.length > 0;
  $("#closed-count").textContent = closed.length;
  $("#earlier").hidden = closed.length === 0;
  $("#today tbody").replaceChildren(...view.today.map(row));
  $("#today").hidden = view.today.length === 0;
  $("#no-today").hidden = view.today.length > 0;
});
const show = holding($(".sheet"), $("#held"), paint);

async function resync() {
  view = await get("/illness");
  setNow(Date.parse(view.now));
  show();
  return view.seen;
}

async function done(id, words, close) {
  const card = await attempt(() => post(`/illness/${id}`, { words, close }));
  if (!card) return;
  await attempt(resync);
  document.activeElement?.closest("form")?.reset();
  show({ asked: true });
}

const old = () => view.seen < newest; // what oneself did has been read already
const { stale } = rereading(() => (old() ? resync() : null), REREAD_MS);

paint();
follow({ seen: view.seen, change: (message) => { newest = message.id; stale(); }, resync });
