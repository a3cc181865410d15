// What the server said about this page, and the small tools every page shares.
const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const boot = read("boot");
export const data = read("data");
const texts = read("texts");

/** The text of a key with {name} places filled. */
export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const has = (key) => key in texts;
/** The text of a code the server may extend: the code itself when nobody translated it. */
export const word = (prefix, code) => (has(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : String(code));
/** The field of a row in the page's language: pick(row, "title") reads title_zh or title_en. */
export const pick = (row, field) => row[`${field}_${boot.language}`] || row[`${field}_zh`] || "";

// The platform's clock: it may run fast in a demo, so it is told by the server and carried on from there.
let anchor = { server: boot.now, local: performance.now() };
export const now = () => anchor.server + (performance.now() - anchor.local) * boot.speed;
export function setNow(ms) { anchor = { server: ms, local: performance.now() }; }

const locale = boot.language === "zh" ? "zh-CN" : "en-GB";
const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: boot.zone, hourCycle: "h23", ...options });
const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = format({ hour: "2-digit", minute: "2-digit" });
const dated = format({ month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
const dayKey = format({ year: "numeric", month: "numeric", day: "numeric" });
const yearly = format({ year: "numeric", month: "short", day: "numeric" });
export const day = format({ year: "numeric", month: "long", day: "numeric", weekday: "long" });

export const clockTime = (ms) => clock.format(ms);
export const shortTime = (ms) => minute.format(ms);
/** A moment as a person needs it: the time today, with the date otherwise. */
export function when(moment, seconds = false) {
  const ms = typeof moment === "string" ? Date.parse(moment) : moment;
  if (Math.abs(ms - now()) > 300 * 86400000) return yearly.format(ms);
  if (dayKey.format(ms) !== dayKey.format(now())) return dated.format(ms);
  return seconds ? clock.format(ms) : minute.format(ms);
}

/** A day with its year: for what ends, or lies far off. */
export const date = (moment) => yearly.format(Date.parse(moment));

const wallParts = format({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
/** The instant at which a day (YYYY-MM-DD), or so many days after it, begins in the school's zone. */
export function startOfDay(text, after = 0) {
  const guess = Date.parse(`${text}T00:00:00Z`) + after * 86400000;
  const at = Object.fromEntries(wallParts.formatToParts(guess).map((part) => [part.type, Number(part.value)]));
  const seen = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute);
  return new Date(2 * guess - seen).toISOString();
}

/** The instant (ms) that a field of date and time means, in the school's zone: the browser may stand elsewhere. */
export function momentOf(text) {
  const guess = Date.parse(`${text}:00Z`);
  return 2 * guess - Date.parse(`${fieldTime(guess)}:00Z`);
}
/** What such a field shows for an instant. */
export function fieldTime(ms) {
  const at = Object.fromEntries(wallParts.formatToParts(ms).map((part) => [part.type, part.value.padStart(2, "0")]));
  return `${at.year}-${at.month}-${at.day}T${at.hour}:${at.minute}`;
}

/** How long ago, in the largest two units that matter. */
export function since(moment) {
  const s = Math.max(0, Math.round((now() - Date.parse(moment)) / 1000));
  if (s < 60) return t("common.seconds", { n: s });
  if (s < 3600) return t("common.minutes", { n: Math.floor(s / 60) });
  if (s < 86400) return t("common.hours", { n: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  return t("common.days", { n: Math.floor(s / 86400) });
}

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A copy of a <template>, with the texts of its data-slot elements set. */
export function clone(id, slots = {}) {
  const element = document.getElementById(id).content.firstElementChild.cloneNode(true);
  fill(element, slots);
  return element;
}

export function fill(element, slots) {
  for (const [name, value] of Object.entries(slots)) {
    for (const slot of element.querySelectorAll(`[data-slot="${name}"]`)) {
      const text = value ?? "";
      if (slot.textContent !== String(text)) slot.textContent = text;
      slot.hidden = text === "" && slot.localName !== "td"; // an empty cell keeps its place
    }
  }
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

// Shapes as well as colours tell severities and statuses apart.
const SHAPES = {
  critical: "M5.500 1h7L17 5.500v7L12.500 17h-7L1 12.500v-7zM8 4.500v5.500h2V4.500zm0 7v2h2v-2z",
  major: "M9 0.800 17.500 16.500H0.500zM8.100 6v5h1.800V6zm0 6.300v1.900h1.800v-1.900z",
  warning: "M9 0.500 17.500 9 9 17.500 0.500 9zM8.100 5v5h1.800V5zm0 6.300v1.900h1.800v-1.900z",
  info: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1zM8.100 4.500v2h1.800v-2zm0 3.300v5.700h1.800V7.800z",
  good: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1zM13 5.800 7.900 11 5.300 8.400 4 9.700l3.900 3.900 6.400-6.500z",
  unknown: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1zM6 7h1.900c0-1 .5-1.500 1.200-1.500s1.100.4 1.100 1.100c0 1.300-2 1.400-2 3.400h1.800c0-1.400 2-1.600 2-3.500C12 5 10.900 4 9.100 4 7.200 4 6 5.200 6 7zm2.100 4.600v1.900H10v-1.900z",
  quiet: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1zM5 8.100v1.800h8V8.100z",
};
/** The sign of a tone, for people who do not see its colour. */
export function mark(tone) {
  const element = svg("svg", { viewBox: "0 0 18 18", class: `mark tone-${tone}`, "aria-hidden": "true" });
  element.append(svg("path", { d: SHAPES[tone] ?? SHAPES.quiet, "fill-rule": "evenodd" }));
  return element;
}
export function setMark(element, tone) {
  if (element.dataset.tone === tone) return;
  element.dataset.tone = tone;
  element.replaceChildren(mark(tone));
}

/** Keep a list's children equal to rows: one element per key, made once, updated in place, in the rows' order. */
export function sync(list, rows, key, make, update) {
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  let cursor = list.firstElementChild;
  for (const row of rows) {
    const id = String(key(row));
    let element = known.get(id);
    if (!element) { element = make(row); element.dataset.key = id; }
    known.delete(id);
    update(element, row);
    if (element === cursor) cursor = cursor.nextElementSibling;
    else list.insertBefore(element, cursor);
  }
  for (const element of known.values()) element.remove();
}

/** Run work once before the next frame, however often it is asked for. */
export function batched(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; work(); });
  };
}

const ticking = [];
/** Run work every second, for ages and clocks. */
export function everySecond(work) { ticking.push(work); }
setInterval(() => { for (const work of ticking) work(); }, 1000);

// On a phone the menu is a bar that may be wider than the screen: the page one is on is in sight.
const here = $(".top .menu [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;

const wall = $("#clock");
if (wall) {
  const show = () => { wall.textContent = clockTime(now()); };
  show();
  everySecond(show);
}
