// What is known of a device, as the list's file and its own page say it.
import { $, boot, pick, setMark, t, when, word } from "./boot.js";

export const TONES = { online: "good", late: "warning", offline: "critical", sleeping: "quiet", never_seen: "unknown", quarantined: "warning" };
export const NEED_TONES = { offline: "critical", flapping: "major", quarantined: "warning", late: "warning", unwell: "major", clock_off: "major", losing: "major", battery_low: "warning", disk_low: "warning", queue_long: "warning", never_seen: "unknown" };
export const UNITS = { co2: "ppm", temperature: "°C", humidity: "%", noise: "dB", battery: "%" };

/** A function from a need's code to its sentence about this device. */
export function needText(line) {
  const values = {
    clock: Math.round(Math.abs(line.clock_offset_ms ?? 0) / 1000),
    gaps: line.gaps,
    battery: Math.round(line.health.battery ?? 0),
    disk: Math.round((line.health.disk_free ?? 0) * 100),
    queue: line.health.queue ?? 0,
    score: line.score ?? 100,
    found: line.findings[0] ? word("finding", line.findings[0].code) : "",
  };
  return (need) => t(`need.${need}`, values);
}

export function stateText(line) {
  if (line.state === "offline" && line.reason === "parent") return t("presence.behind_parent");
  const state = t(`device_state.${line.state}`);
  return line.flapping ? `${state} · ${t("device_state.flapping")}` : state;
}

/** Name, state and needs into the head; `nameOf(id)` gives the name of the device it speaks through. */
export function showHead(line, title, nameOf) {
  setMark($("#f-mark"), TONES[line.state]);
  $(title).textContent = pick(line, "name");
  $("#f-state").textContent = stateText(line);
  $("#f-state").className = `badge tone-${TONES[line.state]}`;
  const text = needText(line);
  $("#f-needs").replaceChildren(...line.needs.map((need) => {
    const item = document.createElement("li");
    item.className = `tone-${NEED_TONES[need]}`;
    const what = document.createElement("b");
    what.textContent = text(need);
    const todo = document.createElement("p");
    todo.textContent = t(`need_do.${need}`);
    item.append(what, todo);
    return item;
  }));
  showFacts(line, nameOf, []);
}

/** The facts of a device, with `more` rows of [term, text] at the end. */
export function showFacts(line, nameOf, more) {
  const health = Object.entries(line.health).map(([key, value]) => `${word("health", key)} ${healthText(key, value)}`);
  const rows = [
    ["where", pick(line, "place")], ["kind", `${t(`kind.${line.kind}`)} · ${line.model}`], ["id", line.id],
    ["why", word("presence", line.reason.replaceAll(" ", "_"))], ["since", line.since ? when(line.since) : ""],
    ["heard", line.last_seen ? when(line.last_seen, true) : ""], ["through", nameOf(line.parent)],
    ["gaps", line.gaps ? String(line.gaps) : ""], ["health", health.join(" · ")],
  ].map(([key, value]) => [t(`devices.${key}`), value]);
  $("#f-facts").replaceChildren(...[...rows, ...more].filter(([, value]) => value).flatMap(([key, value]) => {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = key;
    text.textContent = value;
    return [term, text];
  }));
}

export function healthText(key, value) {
  if (key === "disk_free") return `${Math.round(value * 100)} %`;
  if (key === "uptime_s") return t("common.hours", { n: Math.floor(value / 3600), m: Math.floor((value % 3600) / 60) });
  return `${value} ${UNITS[key] ?? ""}`.trim();
}

/** The newest changes of presence into their list. */
export function showMoves(transitions) {
  $("#f-moves").replaceChildren(...transitions.map((move) => {
    const item = document.createElement("li");
    const at = document.createElement("time");
    const text = document.createElement("span");
    at.textContent = when(move.at);
    const reason = word("presence", move.why.replaceAll(" ", "_"));
    text.textContent = `${word("device_state", move.old)} → ${word("device_state", move.new)} (${reason})`;
    item.append(at, text);
    return item;
  }));
}

export const collator = new Intl.Collator(boot.language === "zh" ? "zh-CN" : "en", { numeric: true });
