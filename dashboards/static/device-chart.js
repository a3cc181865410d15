// Readings on one time axis: a strip for each metric, a line for each device, gaps as gaps, incidents marked.
import { boot, clockTime, when } from "./boot.js";
import { followSize, loadCharts, palette } from "./charts.js";
import { number } from "./chart.js";

const STRIP = 150; // pixels of height for each metric
const TOP = 30;
const FOOT = 74;
const LINES = ["solid", "dashed", "dotted"];

export class DeviceChart {
  /** `zoomed(start, end)` is told when a person chose a window; epoch milliseconds. */
  constructor(host, zoomed) {
    this.host = host;
    this.zoomed = zoomed;
    this.chart = null;
    this.quiet = false;
  }

  /** Whether there is a library to draw with. */
  async ready() {
    const library = await loadCharts();
    if (!library) return false;
    this.chart = library.init(this.host, null, { renderer: "canvas" });
    this.chart.on("datazoom", () => { if (!this.quiet) this.onZoom(); });
    followSize(this.chart, this.host);
    return true;
  }

  onZoom() {
    const zoom = this.chart.getOption().dataZoom[0];
    this.zoomed(Math.round(zoom.startValue), Math.round(zoom.endValue));
  }

  /**
   * Draw `strips` ([{ metric, title, unit, lines: [{ name, buckets, every }] }]) between `start` and `end`,
   * with `marks` ({ alarms: [{ at, title, tone }], spans: [{ start, end, title, tone }] }).
   */
  draw(strips, start, end, view, marks) {
    if (!this.chart) return;
    const colours = palette();
    this.host.style.height = `${TOP + strips.length * STRIP + FOOT}px`;
    this.quiet = true;
    this.chart.resize();
    this.chart.setOption(this.option(strips, start, end, view, marks, colours), { notMerge: true });
    this.quiet = false;
  }

  option(strips, start, end, view, marks, colours) {
    const all = strips.map((_, index) => index);
    return {
      animation: false,
      textStyle: { fontFamily: colours.font, color: colours.ink2 },
      grid: all.map((index) => ({ left: 58, right: 18, top: TOP + index * STRIP + 18, height: STRIP - 46 })),
      axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false } },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colours.panel, borderColor: colours.line,
        textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 12 },
        formatter: (points) => tip(points, strips),
      },
      title: strips.map((strip, index) => ({
        text: strip.unit ? `${strip.title} (${strip.unit})` : strip.title, left: 8, top: TOP + index * STRIP - 6,
        textStyle: { fontSize: 13, color: colours.ink, fontWeight: 600 },
      })),
      xAxis: all.map((index) => ({
        type: "time", gridIndex: index, min: start, max: end, axisLine: { lineStyle: { color: colours.line } },
        axisLabel: { show: index === strips.length - 1, color: colours.ink2, hideOverlap: true, formatter: (ms) => label(ms, view) },
        axisTick: { show: false }, splitLine: { show: false },
      })),
      yAxis: strips.map((strip, index) => ({
        ...reach(strip), type: "value", gridIndex: index, splitNumber: 3, axisLabel: { color: colours.ink2 },
        splitLine: { lineStyle: { color: colours.line } },
      })),
      dataZoom: [
        { type: "inside", xAxisIndex: all, startValue: view.start, endValue: view.end, zoomOnMouseWheel: "ctrl", moveOnMouseMove: true, moveOnMouseWheel: false, preventDefaultMouseMove: false, filterMode: "none" },
        { type: "slider", xAxisIndex: all, startValue: view.start, endValue: view.end, bottom: 12, height: 26, showDetail: false, filterMode: "none", borderColor: colours.line, fillerColor: `${colours.accent}22`, handleStyle: { color: colours.accent }, brushSelect: false },
      ],
      series: strips.flatMap((strip, index) => this.strip(strip, index, marks, colours)),
    };
  }

  strip(strip, index, marks, colours) {
    const made = strip.lines.flatMap((line, order) => {
      const colour = colours.lines[order % colours.lines.length];
      const shared = { type: "line", xAxisIndex: index, yAxisIndex: index, symbol: "none", connectNulls: false, silent: true, stack: undefined };
      const rows = withGaps(line.buckets);
      const edge = { ...shared, lineStyle: { opacity: 0 }, stack: `${index}-${order}`, stackStrategy: "all", tooltip: { show: false } };
      return [
        { ...edge, id: `low-${index}-${order}`, data: rows.map((row) => [row.ts, row.min]) },
        { ...edge, id: `band-${index}-${order}`, data: rows.map((row) => [row.ts, row.max === null ? null : row.max - row.min]), areaStyle: { color: colour, opacity: 0.18 } },
        {
          ...shared, id: `mean-${index}-${order}`, name: line.name, data: rows.map((row) => [row.ts, row.mean, row.min, row.max, row.alone ? 1 : 0]),
          lineStyle: { color: colour, width: 1.6, type: LINES[order % LINES.length] }, itemStyle: { color: colour },
          symbol: "circle", showSymbol: true, symbolSize: (value) => (value[4] ? 5 : 0),
        },
      ];
    });
    if (made.length) Object.assign(made[0], drawn(marks, colours, index === 0));
    return made;
  }

  /** The picture in words, for people who do not see it. */
  describe(words) { this.host.setAttribute("aria-label", words); }
}

/** Buckets with a hole where one is missing, so that the line breaks; one bucket between holes is a dot. */
function withGaps(buckets) {
  const rows = [];
  let previous = null;
  for (const bucket of buckets) {
    const broken = previous !== null && bucket.ts - previous.ts > 2 * Math.max(bucket.every, previous.every);
    if (broken) rows.push({ ts: previous.ts + 1, mean: null, min: null, max: null });
    rows.push({ ...bucket });
    previous = bucket;
  }
  rows.forEach((row, at) => { row.alone = row.mean !== null && !rows[at - 1]?.mean && !rows[at + 1]?.mean; });
  return rows;
}

/** The ends of a strip's axis: round numbers a little outside of all that was measured. */
function reach(strip) {
  const buckets = strip.lines.flatMap((line) => line.buckets);
  const low = Math.min(...buckets.map((bucket) => bucket.min));
  const high = Math.max(...buckets.map((bucket) => bucket.max));
  const step = 10 ** Math.floor(Math.log10(high - low || Math.abs(high) || 1)) / 2;
  return { min: Math.floor(low / step) * step, max: Math.ceil(high / step) * step || step };
}

function drawn(marks, colours, named) {
  const line = (alarm) => ({ xAxis: alarm.at, lineStyle: { color: colours[alarm.tone] ?? colours.ink2, type: "solid", width: 1.5 }, label: { show: named, formatter: alarm.sign, color: colours[alarm.tone] ?? colours.ink2, fontWeight: 700 } });
  const area = (span) => [
    { xAxis: span.start, itemStyle: { color: span.tone === "silent" ? colours.unknown : colours.warning, opacity: 0.16 }, label: { show: named, formatter: span.title, color: colours.ink2, position: "insideTop", fontSize: 11 } },
    { xAxis: span.end },
  ];
  return {
    markLine: { symbol: "none", silent: true, animation: false, data: marks.alarms.map(line) },
    markArea: { silent: true, animation: false, data: marks.spans.map(area) },
  };
}

function tip(points, strips) {
  const shown = points.filter((point) => point.seriesId.startsWith("mean-") && point.value[1] !== null);
  if (!shown.length) return "";
  const lines = shown.map((point) => {
    const strip = strips[Number(point.seriesId.split("-")[1])];
    const range = point.value[2] === point.value[3] ? "" : ` (${number(point.value[2])} – ${number(point.value[3])})`;
    return `${strip.title} · ${point.seriesName}: ${number(point.value[1])} ${strip.unit}${range}`;
  });
  return [`${when(shown[0].value[0])} ${clockTime(shown[0].value[0])}`, ...lines].join("\n");
}

const DAY = 86400000;
function label(ms, view) {
  const span = view.end - view.start;
  const locale = boot.language === "zh" ? "zh-CN" : "en-GB";
  const options = span > 2 * DAY ? { month: "numeric", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale, { timeZone: boot.zone, ...options }).format(ms);
}
