// The device list: what needs a person today first, then everything, and one device whole beside it.
import { $, $$, batched, boot, clone, data, everySecond, fill, pick, setMark, setNow, since, sync, t, word } from "./boot.js";
import { Problem, attempt, get, whole } from "./api.js";
import { chart } from "./chart.js";
import { NEED_TONES, TONES, UNITS, collator, needText, showHead, showMoves, stateText } from "./device-facts.js";
import { foundText, showHealth } from "./device-health.js";
import { TableView } from "./device-view.js";
import { follow } from "./live.js";
import { Upkeep } from "./upkeep.js";

const NEEDS_SHOWN = 20;
const ORDER = ["offline", "flapping", "late", "quarantined", "unwell", "clock_off", "losing", "battery_low", "disk_low", "queue_long", "never_seen"];

const devices = new Map(data.devices.map((line) => [line.id, line]));
let chosen = null;
const upkeep = new Upkeep();

const rank = (line) => (line.needs.length ? ORDER.indexOf(line.needs[0]) : ORDER.length);
const name = (line) => pick(line, "name");
const kindOf = (line) => (line.kind ? t(`kind.${line.kind}`) : "");
const place = (line) => pick(line, "place");

function makeNeed(line) {
  const element = clone("need");
  $("button", element).addEventListener("click", () => choose(line.id));
  return element;
}

function updateNeed(element, line) {
  const [first, ...more] = line.needs;
  $("button", element).className = `need tone-${NEED_TONES[first]}`;
  setMark($(".need-mark", element), NEED_TONES[first]);
  const text = needText(line);
  const what = [first, ...more].map(text).join(boot.language === "zh" ? "；" : "; ");
  element.dataset.since = ["offline", "late"].includes(first) ? (line.since ?? "") : "";
  fill(element, {
    name: name(line), where: [kindOf(line), place(line)].filter(Boolean).join(" · "), what, do: t(`need_do.${first}`),
    since: element.dataset.since ? since(element.dataset.since) : "",
  });
}

function makeRow(line) {
  const element = clone("row");
  $("button", element).addEventListener("click", () => choose(line.id));
  return element;
}

function updateRow(element, line) {
  setMark($(".row-mark", element), TONES[line.state]);
  element.setAttribute("aria-selected", String(line.id === chosen));
  element.dataset.seen = line.last_seen ?? "";
  fill(element, {
    name: name(line), sub: [kindOf(line), line.id].filter(Boolean).join(" · "), state: stateText(line), where: place(line) || "—",
    heard: line.last_seen ? since(line.last_seen) : "—", gaps: line.gaps || "—", score: line.score ?? "—", found: foundText(line),
  });
  $(".badge", element).className = `badge tone-${TONES[line.state]}`;
}

const view = new TableView(() => paint(), name, place);

const paint = batched(() => {
  const all = [...devices.values()];
  const needy = all.filter((line) => line.needs.length).sort((a, b) => rank(a) - rank(b) || collator.compare(name(a), name(b)));
  const found = view.of(all);
  sync($("#needs"), needy.slice(0, NEEDS_SHOWN), (line) => line.id, makeNeed, updateNeed);
  sync($("#rows"), found, (line) => line.id, makeRow, updateRow);
  sync($("#tiles"), tiles(all, needy), ([key]) => key, makeTile, updateTile);
  $("#today-count").textContent = String(needy.length);
  $("#no-needs").hidden = needy.length > 0;
  if (!all.length) {
    $("#no-needs strong").textContent = t("devices.none_yet");
    $("#no-needs span").textContent = t("devices.none_yet_note");
  }
  $("#more-needs").hidden = needy.length <= NEEDS_SHOWN;
  $("#more-needs").textContent = t("devices.more", { n: needy.length - NEEDS_SHOWN });
  $("#no-rows").hidden = found.length > 0;
});

function tiles(all, needy) {
  const count = (state) => all.filter((line) => line.state === state).length;
  return [
    ["needs", needy.length, needy.length > 0], ["online", count("online"), false], ["late", count("late"), false],
    ["offline", count("offline"), count("offline") > 0], ["flapping", all.filter((line) => line.flapping).length, true], ["quarantined", count("quarantined"), false], ["sleeping", count("sleeping"), false], ["never_seen", count("never_seen"), false],
  ].filter(([key, n]) => n || !["sleeping", "late", "never_seen", "flapping", "quarantined"].includes(key));
}

function makeTile() {
  const element = document.createElement("li");
  element.append(document.createElement("b"), document.createElement("span"));
  return element;
}

function updateTile(element, [key, n, isBad]) {
  element.className = isBad ? "bad" : "";
  $("b", element).textContent = String(n);
  $("span", element).textContent = key === "needs" ? t("devices.tile_needs") : t(`device_state.${key}`);
}

async function choose(id) {
  if (devices.get(id).state === "quarantined") {
    location.href = "/enrolment";
    return;
  }
  chosen = id;
  paint();
  head(devices.get(id));
  $("#f-charts").replaceChildren();
  $("#f-moves").replaceChildren();
  showHealth(null);
  $("#f-no-readings").hidden = true;
  $("#file-none").hidden = true;
  $("#file-body").hidden = false;
  $("#file").scrollTop = 0;
  $("#file").focus({ preventScroll: true });
  const parts = ["", "/latest", "/health"].map((part) => attempt(() => get(`/devices/${encodeURIComponent(id)}${part}`)));
  const [file, latest, health] = await Promise.all(parts);
  if (chosen !== id) return;
  upkeep.show(id);
  if (file) showMoves(file.detail.transitions.slice(0, 20));
  showHealth(health ?? null);
  if (latest) await charts(id, latest);
}

function head(line) {
  showHead(line, "#file-title", (id) => (devices.has(id) ? name(devices.get(id)) : ""));
  $("#file-page").href = `/devices/${encodeURIComponent(line.id)}`;
}

async function charts(id, latest) {
  $("#f-no-readings").hidden = latest.length > 0;
  for (const one of latest.slice(0, 6)) {
    const series = await attempt(() => get(`/devices/${encodeURIComponent(id)}/series?metric=${encodeURIComponent(one.metric)}`));
    if (chosen !== id || !series) return;
    if (series.buckets.length) $("#f-charts").append(chart(series, word("metric", one.metric), UNITS[one.metric] ?? ""));
  }
}

function change(message) {
  if (!message.row) return;
  devices.set(message.row.id, message.row);
  if (message.row.id === chosen) head(message.row);
  paint();
}

async function resync() {
  const fresh = await whole("/devices", "devices");
  setNow(Date.parse(fresh.now));
  devices.clear();
  for (const line of fresh.devices) devices.set(line.id, line);
  paint();
  return fresh.seen;
}

// Presence changes are told one by one; ages, clocks and batteries move without a change, so now and then all is read.
const REREAD_MS = 60000;
setInterval(() => { if (!document.hidden) resync().catch((error) => { if (!(error instanceof Problem)) throw error; }); }, REREAD_MS);

$("#file-close").addEventListener("click", close);
addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen) close(); });

function close() {
  const was = chosen;
  chosen = null;
  $("#file-body").hidden = true;
  $("#file-none").hidden = false;
  paint();
  requestAnimationFrame(() => $(`#rows [data-key="${CSS.escape(was)}"] button`)?.focus());
}

everySecond(() => {
  for (const row of $$("#rows > tr")) if (row.dataset.seen) fill(row, { heard: since(row.dataset.seen) });
  for (const row of $$("#needs > li")) if (row.dataset.since) fill(row, { since: since(row.dataset.since) });
});

paint();
follow({ seen: data.seen, change, resync });
