// The school in numbers: figures, classes, alarms and devices, never a student.
import { $, $$, batched, boot, clone, data, everySecond, fill, setMark, setNow, since, sync, t } from "./boot.js";
import { get } from "./api.js";
import { follow, rereading } from "./live.js";

const STATUSES = [["present", "good"], ["late", "warning"], ["absent", "critical"], ["on_leave", "info"], ["unknown", "unknown"], ["open", "quiet"]];
const REREAD_MS = 15000;
const FEWEST = 5; // a class of fewer students is no statistic: its numbers would tell of persons

// The bureau looks at one school of its city by its address.
const school = new URLSearchParams(location.search).get("school") ?? "";
let view = data;

const sum = (name) => view.classes.reduce((total, one) => total + one[name], 0);
const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "—");

/** Present and late among those who had to come and of whom something is decided. */
function rate(counts) {
  const came = counts.present + counts.late;
  return percent(came, came + counts.absent + counts.unknown);
}

function figures() {
  const all = Object.fromEntries([...STATUSES.map(([name]) => name), "enrolled"].map((name) => [name, sum(name)]));
  const alarms = Object.values(view.alarms_open).reduce((total, n) => total + n, 0);
  const needy = view.devices.reduce((total, kind) => total + kind.needy, 0);
  return [
    { key: "site", n: view.site.inside, label: t("overview.on_site"), note: `${t("overview.students")} ${all.enrolled}` },
    { key: "rate", n: rate(all), label: t("overview.rate"), note: t("overview.rate_note") },
    ...["absent", "unknown", "on_leave"].map((name) => ({ key: name, n: all[name], label: t(`status.${name}`), tone: all[name] ? toneOf(name) : "" })),
    { key: "alarms", n: alarms, label: t("overview.alarms"), note: t("overview.alarms_today", { n: view.alarms_today }), tone: view.alarms_open.critical ? "critical" : "" },
    { key: "devices", n: needy, label: t("overview.devices"), note: needy ? t("overview.needy", { n: needy }) : t("overview.no_needy") },
  ];
}

const toneOf = (name) => STATUSES.find(([status]) => status === name)[1];

function updateFigure(element, row) {
  element.className = row.tone ? `tone-${row.tone}` : "";
  fill(element, { n: row.n, label: row.label, note: row.note ?? "" });
}

function updateBar(element, row) {
  const title = row.title || t("overview.rest"); // the bureau sees small classes as one
  const small = row.enrolled < FEWEST;
  const track = $(".bar-track", element);
  const key = small ? "small" : STATUSES.map(([name]) => row[name]).join();
  fill(element, { title, rate: small ? "" : rate(row) });
  if (track.dataset.of === key) return;
  track.dataset.of = key;
  track.setAttribute("aria-label", small ? `${title}: ${t("overview.small")}` : t("overview.bar", { ...row, title }));
  track.replaceChildren(...(small ? [] : STATUSES.filter(([name]) => row[name]).map(([name, tone]) => part(row[name], tone))));
}

function part(count, tone) {
  const element = document.createElement("i");
  element.className = `tone-${tone}`;
  element.style.flexGrow = String(count); // set by a script: no inline style for the content policy to refuse
  return element;
}

function updateBrief(element, row) {
  setMark($(".brief-mark", element), row.severity);
  element.dataset.since = row.raised_at;
  fill(element, { title: row.title[boot.language], state: t(`state.${row.state}`), age: since(row.raised_at) });
}

function updateKind(element, row) {
  $(".meter i", element).style.width = `${(100 * row.heard) / row.total}%`;
  const needy = $(".badge", element);
  needy.className = row.needy ? "badge tone-warning" : "badge tone-good";
  fill(element, { kind: t(`kind.${row.kind}`), heard: t("overview.heard", row), needy: row.needy ? t("overview.needy", { n: row.needy }) : t("overview.no_needy") });
}

const paint = batched(() => {
  sync($("#figures"), figures(), (row) => row.key, () => clone("figure"), updateFigure);
  sync($("#classes"), view.classes, (row) => row.class_id, () => clone("bar"), updateBar);
  sync($("#alarms"), view.alarms, (row) => `${row.raised_at} ${row.title.en}`, () => clone("brief"), updateBrief);
  sync($("#devices"), view.devices, (row) => row.kind, () => clone("kind-row"), updateKind);
  $("#no-classes").hidden = view.classes.length > 0;
  $("#no-alarms").hidden = view.alarms.length > 0;
  $("#alarms-today").textContent = t("overview.alarms_today", { n: view.alarms_today });
});

async function resync() {
  view = await get(school ? `/overview?school=${encodeURIComponent(school)}` : "/overview");
  setNow(Date.parse(view.now));
  paint();
  return view.seen;
}

// Numbers of a whole school change all the time: a change makes them stale, and they are read again now and then.
const { stale, reread } = rereading(resync, REREAD_MS);

everySecond(() => { for (const row of $$("#alarms > li")) fill(row, { age: since(row.dataset.since) }); });

function change(message) {
  stale();
  if (message.topic === "alarm") reread(); // an alarm does not wait
}

paint();
follow({ seen: view.seen, school, change, resync });
