// A small chart of one series: its mean as a line, its range as a band; a gap in the data is a gap in both.
import { clone, fill, shortTime, svg, t } from "./boot.js";

const WIDTH = 320;
const HEIGHT = 72;
const PAD = 6;

/** The figure of a series as the server gives it; `name` and `unit` are for people. */
export function chart(series, name, unit) {
  const element = clone("chart");
  const buckets = series.buckets;
  const low = Math.min(...buckets.map((bucket) => bucket.min));
  const high = Math.max(...buckets.map((bucket) => bucket.max));
  const start = Date.parse(series.start);
  const end = Date.parse(series.end);
  const x = (ts) => ((ts - start) / (end - start)) * WIDTH;
  const y = (value) => HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
  const picture = element.querySelector("svg");
  for (const stretch of stretches(buckets, series.every_s * 1000)) {
    picture.append(svg("path", { class: "band", d: band(stretch, x, y) }));
    picture.append(svg("path", { class: "line", d: line(stretch, x, y) }));
  }
  const last = buckets[buckets.length - 1];
  const figures = { low: number(low), high: number(high), from: shortTime(start), to: shortTime(end) };
  fill(element, { metric: name, value: `${number(last.mean)} ${unit}`.trim(), range: t("devices.range", figures) });
  picture.setAttribute("aria-label", `${name}: ${number(last.mean)} ${unit}. ${t("devices.range", figures)}`);
  return element;
}

/** Runs of buckets without a hole of more than two bucket lengths. */
function stretches(buckets, every) {
  const found = [];
  let previous = null;
  for (const bucket of buckets) {
    if (previous === null || bucket.ts - previous > 2 * every) found.push([]);
    found[found.length - 1].push(bucket);
    previous = bucket.ts;
  }
  return found;
}

const point = (a, b) => `${a.toFixed(1)} ${b.toFixed(1)}`;

function line(stretch, x, y) {
  const points = stretch.map((bucket) => point(x(bucket.ts), y(bucket.mean)));
  // One bucket alone is drawn as a short dash, or it would be invisible.
  return points.length > 1 ? `M${points.join("L")}` : `M${points[0]}h2`;
}

function band(stretch, x, y) {
  const upper = stretch.map((bucket) => point(x(bucket.ts), y(bucket.max)));
  const lower = stretch.map((bucket) => point(x(bucket.ts), y(bucket.min))).reverse();
  return `M${[...upper, ...lower].join("L")}Z`;
}

export function number(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 2);
}
