// One device whole: readings, what happened to it, what it is told, how dependable it is.
import { $, boot, clone, data, pick, setMark, t, when } from "./boot.js";
import { attempt, get } from "./api.js";
import { showFacts, showHead, showMoves } from "./device-facts.js";
import { showHealth } from "./device-health.js";
import { Ledger } from "./device-ledger.js";
import { Orders } from "./device-orders.js";
import { Readings } from "./device-readings.js";
import { follow } from "./live.js";
import { Upkeep } from "./upkeep.js";

const { line, detail } = data.file;
const id = line.id;
const path = `/devices/${encodeURIComponent(id)}`;
const names = new Map(data.devices.map((one) => [one.id, pick(one, "name")]));
const nameOf = (other) => names.get(other) ?? "";

function head(now, more) {
  showHead(now, "#sheet-title", nameOf);
  const children = more.children.map(nameOf).filter(Boolean);
  showFacts(now, nameOf, [
    [t("device.agent"), more.agent], [t("device.boots"), more.boots ? String(more.boots) : ""],
    [t("device.config_running"), more.config ? String(more.config) : ""], [t("device.children"), children.join(boot.language === "zh" ? "、" : ", ")],
  ]);
  showMoves(more.transitions);
}

function showMarks(marks) {
  const spans = [...marks.silences, ...marks.incidents].map((span) => ({ at: span.start, tone: span.kind === "silent" ? "unknown" : "warning", text: spanText(span) }));
  const alarms = marks.alarms.map((alarm) => ({ at: alarm.began_at, tone: alarm.severity, text: `${pick(alarm, "title")} · ${t(`state.${alarm.state}`)}` }));
  const all = [...spans, ...alarms].sort((a, b) => (a.at < b.at ? 1 : -1));
  $("#marks-count").textContent = String(all.length);
  $("#no-marks").hidden = all.length > 0;
  $("#marks").replaceChildren(...all.map((one) => {
    const item = clone("mark-row");
    setMark($(".mark-sign", item), one.tone);
    $("time", item).textContent = when(one.at);
    $("[data-slot=text]", item).textContent = one.text;
    return item;
  }));
}

function spanText(span) {
  const what = t(`device.mark_${span.kind}`) + (span.exercise ? ` (${t("device.mark_exercise")})` : "");
  return span.end ? t("device.mark_until", { what, time: when(span.end) }) : t("device.mark_lasts", { what });
}

async function resync() {
  const fresh = await get(path);
  head(fresh.line, fresh.detail);
  return data.seen;
}

head(line, detail);
const upkeep = new Upkeep(data.can["devices.maintain"]);
upkeep.show(id);
new Ledger(path).show();
if ($("#revisions")) new Orders(id).open();
if (data.can["series.read"]) new Readings(id, showMarks).open();
attempt(() => get(`${path}/health`)).then((health) => showHealth(health ?? null));
follow({ seen: data.seen, change: (message) => { if (message.row?.id === id) resync(); }, resync });
