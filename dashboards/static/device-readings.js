// The chart panel of a device: which metrics, of which devices, over which time; as a chart and as a table.
import { $, $$, boot, clockTime, data, now, pick, t, when, word } from "./boot.js";
import { attempt, get } from "./api.js";
import { number } from "./chart.js";
import { DeviceChart } from "./device-chart.js";
import { sayMissing } from "./charts.js";
import { UNITS } from "./device-facts.js";

const HOUR = 3600000;
const SPANS = { "1h": HOUR, "6h": 6 * HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR, "1y": 8760 * HOUR };
const SHORTEST = 5 * 60000;
const FIRST_METRICS = 3;
const MOST_OTHERS = 5;
const ROWS = 240;
const LATEST_MS = 15000;
const SETTLE_MS = 350;
const SIGNS = { critical: "!!", major: "!", warning: "△", info: "i" };

export class Readings {
  /** `marked(marks)` is told what happened in the span that is shown. */
  constructor(device, marked) {
    this.device = device;
    this.marked = marked;
    this.devices = new Map(data.devices.map((one) => [one.id, one]));
    const asked = new URLSearchParams(location.search);
    this.others = (asked.get("with") ?? "").split(",").filter((id) => this.devices.has(id) && id !== device);
    this.wanted = asked.get("metrics")?.split(",") ?? null;
    this.span = SPANS[asked.get("span")] ? asked.get("span") : "24h";
    this.metrics = [];
    this.view = null;
    this.run = 0;
    this.picture = new DeviceChart($("#chart"), (start, end) => this.zoomed(start, end));
    this.follow();
  }

  async open() {
    const found = await attempt(() => get(`/devices/${encodeURIComponent(this.device)}/latest`));
    this.all = (found ?? []).map((one) => one.metric);
    $("#no-readings").hidden = this.all.length > 0;
    for (const part of [".chart-tools", "#spans", "#legend", "#span-text"]) $(part).hidden = this.all.length === 0;
    if (!this.all.length) { await this.happened(); return; }
    this.metrics = this.all.filter((metric) => (this.wanted ? this.wanted.includes(metric) : true)).slice(0, this.wanted ? undefined : FIRST_METRICS);
    if (!this.metrics.length) this.metrics = this.all.slice(0, 1);
    this.drawable = await this.picture.ready();
    if (!this.drawable) sayMissing($("#no-library"));
    this.wire();
    this.showTable(!this.drawable);
    await this.load();
    setInterval(() => { if (this.live && !document.hidden) this.load(); }, LATEST_MS);
  }

  /** Go on with the present: the span ends now. */
  follow() {
    this.live = true;
    this.length = SPANS[this.span];
  }

  get end() { return this.live ? now() : this.until; }
  get start() { return this.end - this.length; }

  wire() {
    for (const button of $$("#spans button")) button.addEventListener("click", () => { this.span = button.dataset.span; this.follow(); this.view = null; this.load(); });
    for (const button of $$("[data-move]")) button.addEventListener("click", () => this.move(button.dataset.move));
    $("#as-table").addEventListener("click", () => this.showTable($("#values-box").hidden));
    $("#metrics").replaceChildren(...this.all.map((metric) => this.chip(metric)));
    $("#compare-list").replaceChildren(...[...this.devices.values()].filter((one) => one.id !== this.device).map((one) => {
      const option = document.createElement("option");
      option.value = one.id;
      option.label = `${pick(one, "name")} · ${one.place}`;
      return option;
    }));
    $("#compare").addEventListener("submit", (event) => { event.preventDefault(); this.compare($("#compare-with")); });
  }

  chip(metric) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word("metric", metric);
    button.setAttribute("aria-pressed", String(this.metrics.includes(metric)));
    button.addEventListener("click", () => {
      const shown = this.metrics.includes(metric);
      if (shown && this.metrics.length === 1) return;
      this.metrics = this.all.filter((one) => (one === metric ? !shown : this.metrics.includes(one)));
      button.setAttribute("aria-pressed", String(!shown));
      this.load();
    });
    return button;
  }

  compare(input) {
    const said = input.value.trim();
    const found = this.devices.get(said) ?? [...this.devices.values()].find((one) => pick(one, "name") === said);
    input.setCustomValidity(found || !said ? "" : t("device.not_found"));
    if (!found) { input.reportValidity(); return; }
    input.value = "";
    if (found.id === this.device || this.others.includes(found.id) || this.others.length >= MOST_OTHERS) return;
    this.others.push(found.id);
    this.load();
  }

  /** Earlier, later, closer, farther: what the wheel and the slider do, for keys. */
  move(way) {
    const { start, end } = this.view ?? { start: this.start, end: this.end };
    const length = end - start;
    if (way === "in") { this.look((start + end) / 2 - length / 4, (start + end) / 2 + length / 4); return; }
    this.view = null;
    const until = { back: this.end - this.length / 2, on: this.end + this.length / 2, out: this.end }[way];
    if (way === "out") this.length = Math.min(this.length * 2, SPANS["1y"]);
    this.live = until >= now() - 1000;
    this.until = Math.min(until, now());
    this.load();
  }

  look(start, end) {
    if (end - start < SHORTEST) return;
    this.view = { start, end };
    this.load();
  }

  /** A person chose a window with the wheel or the slider: after a moment its readings come finer. */
  zoomed(start, end) {
    this.view = end - start > this.length * 0.98 ? null : { start, end };
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.load(), SETTLE_MS);
  }

  async load() {
    const run = ++this.run;
    const [start, end] = [this.start, this.end];
    const view = this.view ? { start: Math.max(this.view.start, start), end: Math.min(this.view.end, end) } : null;
    this.head(start, end);
    const devices = [this.device, ...this.others];
    const wholes = await this.fetch(devices, start, end);
    const closer = view ? await this.fetch(devices, view.start, view.end) : [];
    if (run !== this.run) return;
    this.strips = this.metrics.map((metric) => ({
      metric, title: word("metric", metric), unit: UNITS[metric] ?? "",
      lines: devices.map((device) => ({ device, name: this.name(device), buckets: finer(bucketsOf(wholes, device, metric), bucketsOf(closer, device, metric), view) })).filter((line) => line.buckets.length),
    }));
    this.shown = view ?? { start, end };
    this.window = [start, end];
    await this.happened();
    this.paint();
  }

  async happened() {
    const [start, end] = this.window ?? [this.start, this.end];
    const query = new URLSearchParams({ start: new Date(start).toISOString(), end: new Date(end).toISOString() });
    this.marks = (await attempt(() => get(`/devices/${encodeURIComponent(this.device)}/marks?${query}`))) ?? { alarms: [], silences: [], incidents: [] };
    this.marked(this.marks);
  }

  async fetch(devices, start, end) {
    const span = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    const asked = devices.flatMap((device) => this.metrics.map((metric) => [device, metric]));
    const answers = asked.map(([device, metric]) => attempt(() => get(`/devices/${encodeURIComponent(device)}/series?${new URLSearchParams({ metric, ...span })}`)));
    return (await Promise.all(answers)).filter(Boolean);
  }

  head(start, end) {
    for (const button of $$("#spans button")) button.setAttribute("aria-pressed", String(this.live && this.length === SPANS[button.dataset.span]));
    $("#span-text").textContent = `${dated(start)} – ${this.live ? t("device.now") : dated(end)}`;
    $("#others").hidden = this.others.length === 0;
    $("#others").replaceChildren(...this.others.map((id) => this.other(id)));
    const query = new URLSearchParams({ span: this.span, metrics: this.metrics.join(",") });
    if (this.others.length) query.set("with", this.others.join(","));
    history.replaceState(null, "", `${location.pathname}?${query}`);
  }

  other(id) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${this.name(id)} ×`;
    button.setAttribute("aria-label", t("device.remove", { name: this.name(id) }));
    button.addEventListener("click", () => { this.others = this.others.filter((one) => one !== id); this.load(); });
    item.append(button);
    return item;
  }

  name(id) { return this.devices.has(id) ? pick(this.devices.get(id), "name") : id; }

  paint() {
    const drawn = this.strips.filter((strip) => strip.lines.length);
    $("#no-values").hidden = drawn.length > 0;
    $("#chart").hidden = !this.drawable || drawn.length === 0;
    const spans = [...this.marks.silences, ...this.marks.incidents].map((span) => ({ start: Date.parse(span.start), end: span.end ? Date.parse(span.end) : this.window[1], title: t(`device.mark_${span.kind}`), tone: span.kind }));
    const alarms = this.marks.alarms.map((alarm) => ({ at: Date.parse(alarm.began_at), tone: alarm.severity, sign: SIGNS[alarm.severity] ?? "i" }));
    if (drawn.length) this.picture.draw(drawn, ...this.window, this.shown, { alarms, spans });
    this.picture.describe([t("device.readings"), ...drawn.map(inWords)].join(". "));
    this.table(drawn);
  }

  showTable(shown) {
    $("#values-box").hidden = !shown;
    $("#as-table").setAttribute("aria-pressed", String(shown));
  }

  table(strips) {
    const lines = strips.flatMap((strip) => strip.lines.map((line) => ({ ...line, strip })));
    $("#values-head").replaceChildren(...[t("device.time"), ...lines.map((line) => headOf(line, this.others.length > 0))].map((text) => cell("th", text)));
    const inView = (bucket) => bucket.ts >= this.shown.start && bucket.ts <= this.shown.end;
    const rows = new Map();
    lines.forEach((line, at) => line.buckets.filter(inView).forEach((bucket) => { if (!rows.has(bucket.ts)) rows.set(bucket.ts, []); rows.get(bucket.ts)[at] = bucket; }));
    const newest = [...rows.keys()].sort((a, b) => b - a).slice(0, ROWS);
    $("#values").replaceChildren(...newest.map((ts) => {
      const row = document.createElement("tr");
      row.append(cell("td", `${dated(ts)} ${this.shown.end - this.shown.start < 2 * HOUR ? clockTime(ts).slice(-3) : ""}`.trim()), ...lines.map((_, at) => cell("td", valueOf(rows.get(ts)[at]))));
      return row;
    }));
  }
}

const dated = (ms) => new Intl.DateTimeFormat(boot.language === "zh" ? "zh-CN" : "en-GB", { timeZone: boot.zone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

function bucketsOf(answers, device, metric) {
  const found = answers.find((one) => one.device === device && one.metric === metric);
  return found ? found.buckets.map((bucket) => ({ ...bucket, every: found.every_s * 1000 })) : [];
}

/** The coarse buckets of the whole span with the finer ones of the window in their place. */
function finer(whole, closer, view) {
  if (!view || !closer.length) return whole;
  return [...whole.filter((one) => one.ts + one.every <= view.start), ...closer, ...whole.filter((one) => one.ts >= view.end)];
}

function inWords(strip) {
  return strip.lines.map((line) => {
    const low = Math.min(...line.buckets.map((bucket) => bucket.min));
    const high = Math.max(...line.buckets.map((bucket) => bucket.max));
    const last = line.buckets[line.buckets.length - 1];
    return t("device.in_words", { name: line.name, metric: strip.title, low: number(low), high: number(high), last: number(last.mean), unit: strip.unit, at: when(last.ts) });
  }).join(". ");
}

const headOf = (line, several) => [line.strip.title, line.strip.unit && `(${line.strip.unit})`, several && line.name].filter(Boolean).join(" ");
const valueOf = (bucket) => (bucket === undefined ? "—" : bucket.min === bucket.max ? number(bucket.mean) : `${number(bucket.mean)} (${number(bucket.min)} – ${number(bucket.max)})`);

function cell(kind, text) {
  const element = document.createElement(kind);
  if (kind === "th") element.scope = "col";
  element.textContent = text;
  return element;
}
