// What is drawn: pure functions over a drawing; coordinates are shares of the picture, 0 to 1.
export const KINDS = ["zones", "lines", "ignore", "masks"];
export const FIELDS = {
  zones: [["name", "text"], ["kind", ["count", "intrusion"]], ["armed", "list"], ["capacity", "number"], ["crowd_s", "number"], ["loiter_s", "number"],
    ["object_s", "number"], ["area_m2", "number"], ["max_density", "number"]],
  lines: [["name", "text"], ["per_min", "number"], ["against", "number"], ["flow_s", "number"]],
  ignore: [], masks: [],
};
const SQUARE = [[0.35, 0.4], [0.65, 0.4], [0.65, 0.75], [0.35, 0.75]];

export const least = (kind) => (kind === "lines" ? 2 : 3);
export const cornersOf = (kind, shape) => (kind === "zones" ? shape.polygon : kind === "lines" ? [shape.a, shape.b] : shape);
export const clamp = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10000) / 10000;

export function fresh(kind, drawing) {
  if (kind === "ignore" || kind === "masks") return SQUARE.map((corner) => [...corner]);
  const names = new Set(drawing[kind].map((shape) => shape.name));
  let number = 1;
  while (names.has(`${kind.slice(0, -1)}-${number}`)) number += 1;
  const name = `${kind.slice(0, -1)}-${number}`;
  return kind === "zones" ? { name, polygon: SQUARE.map((corner) => [...corner]) } : { name, a: [0.5, 0.85], b: [0.5, 0.35] };
}

export function withCorners(kind, shape, corners) {
  if (kind === "zones") return { ...shape, polygon: corners };
  if (kind === "lines") return { ...shape, a: corners[0], b: corners[1] };
  return corners;
}

export function moved(kind, shape, index, x, y) {
  return withCorners(kind, shape, cornersOf(kind, shape).map((corner, i) => (i === index ? [clamp(x), clamp(y)] : corner)));
}

export function split(kind, shape, index) {
  if (kind === "lines") return shape;
  const corners = cornersOf(kind, shape), next = corners[(index + 1) % corners.length], here = corners[index];
  const middle = [clamp((here[0] + next[0]) / 2), clamp((here[1] + next[1]) / 2)];
  return withCorners(kind, shape, [...corners.slice(0, index + 1), middle, ...corners.slice(index + 1)]);
}

export function joined(kind, shape, index) {
  const corners = cornersOf(kind, shape);
  return corners.length <= least(kind) ? shape : withCorners(kind, shape, corners.filter((_, i) => i !== index));
}

// The arrow that shows "in": to the right of one walking from a to b, as long as a tenth of the width.
export function arrow(line, aspect) {
  const [ax, ay, bx, by] = [line.a[0] * aspect, line.a[1], line.b[0] * aspect, line.b[1]];
  const length = Math.hypot(bx - ax, by - ay) || 1, far = 0.1 * aspect;
  const middle = [(ax + bx) / 2, (ay + by) / 2], way = [-(by - ay) / length, (bx - ax) / length];
  const tip = [middle[0] + way[0] * far, middle[1] + way[1] * far];
  const wing = (turn) => [tip[0] - far * 0.35 * (way[0] + turn * way[1]), tip[1] - far * 0.35 * (way[1] - turn * way[0])];
  return [middle, tip, wing(0.6), tip, wing(-0.6)].map(([x, y]) => `${x / aspect},${y}`).join(" ");
}
