// What is wrong with the chosen device by its readings, and how dependable it was by month.
import { $, boot, t, when, word } from "./boot.js";

const MONTHS_SHOWN = 6;

function row(key, value) {
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  term.textContent = key;
  text.textContent = value;
  return [term, text];
}

const hours = (seconds) => t("common.hours", { n: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });

/** Why something was found, with its figures, in the page's language. */
export function findingWhy({ code, form, figures }) {
  const said = figures.kind ? { ...figures, kind: word("picture_fault", figures.kind) } : figures;
  return t(`finding_why.${code}${form ? `_${form}` : ""}`, said);
}

/** What was found of a line of the list, in few words; the whole reason of the gravest. */
export function foundText(line) {
  const [first, ...more] = line.findings;
  if (!first) return "";
  const words = more.map((one) => word("finding", one.code));
  const [colon, semicolon] = boot.language === "zh" ? ["：", "；"] : [": ", "; "];
  return [`${word("finding", first.code)}${colon}${findingWhy(first)}`, ...words].join(semicolon);
}

function findingText(finding) {
  const values = { what: word("finding", finding.code), metric: word("metric", finding.metric), why: findingWhy(finding), at: when(new Date(finding.since).toISOString()) };
  return t(finding.metric ? "devices.found" : "devices.found_plain", values);
}

function monthText(month, target) {
  const values = { share: (month.share * 100).toFixed(2), target: (target * 100).toFixed(1), n: month.failures };
  return t(month.meets_target ? "devices.month_kept" : "devices.month_missed", values);
}

const RIGHT_MS = 1000;
const DRIFTING_MS = 5000;

/** How a clock runs, in plain words: right or by how much not, and whether it gains or loses. */
function clockText({ offset_ms: offset, per_day_ms: gained }) {
  const seconds = (ms) => (Math.abs(ms) / 1000).toFixed(1);
  const off = Math.abs(offset) < RIGHT_MS ? t("devices.clock_right") : t(offset > 0 ? "devices.clock_ahead" : "devices.clock_behind", { n: seconds(offset) });
  if (gained === null) return off;
  if (Math.abs(gained) < DRIFTING_MS) return `${off} · ${t("devices.clock_steady")}`;
  return `${off} · ${t(gained > 0 ? "devices.clock_gains" : "devices.clock_loses", { n: seconds(gained) })}`;
}

/** Fills the health section from `GET /devices/{id}/health`; null empties it. */
export function showHealth(file) {
  $("#f-health-section").hidden = !file;
  if (!file) return;
  const { health, record, battery_cycles: cycles, clock } = file;
  const rows = [row(t("devices.score"), t("devices.score_of", { n: health.score }))];
  rows.push(...health.findings.map((finding) => row(t("devices.finding"), findingText(finding))));
  if (clock.offset_ms !== null) rows.push(row(t("devices.clock"), clockText(clock)));
  if (cycles) rows.push(row(t("devices.cycles"), t("devices.cycles_n", { n: cycles })));
  if (record.mtbf_s !== null) rows.push(row(t("devices.mtbf"), hours(record.mtbf_s)));
  if (record.mttr_s !== null) rows.push(row(t("devices.mttr"), hours(record.mttr_s)));
  rows.push(...record.months.slice(0, MONTHS_SHOWN).map((month) => row(month.month, monthText(month, record.target))));
  $("#f-health").replaceChildren(...rows.flat());
}
