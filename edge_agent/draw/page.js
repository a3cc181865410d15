// The drawing page: shows the live picture, lets a person change what is drawn, and saves it.
import { FIELDS, KINDS, arrow, cornersOf, fresh, joined, moved, split } from "./shapes.js";
import { TEXTS } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg", REFRESH_MS = 1500, STEP = 0.005, STRIDE = 0.05;
const at = (id) => document.getElementById(id);
const make = (tag, text = "", props = {}) => Object.assign(document.createElement(tag), { textContent: text }, props);

let language = navigator.language.startsWith("zh") ? "zh" : "en";
let kept = null, drawing = null, chosen = null, corner = 0, aspect = 16 / 9;
const word = (key) => TEXTS[language][key];
const same = (one, other) => one.kind === other?.kind && one.index === other?.index;
const shape = () => chosen && drawing[chosen.kind][chosen.index];

// -- drawing ------------------------------------------------------------------------------------------------------------

function change(next) {
  drawing = { ...drawing, [chosen.kind]: drawing[chosen.kind].map((one, i) => (i === chosen.index ? next : one)) };
  at("saved").textContent = word("unsaved");
  paint();
}

function choose(kind, index) {
  chosen = kind === null ? null : { kind, index };
  corner = 0;
  render();
}

function every() {
  return KINDS.flatMap((kind) => drawing[kind].map((one, index) => ({ kind, index, one })));
}

function paint() {
  at("drawn").replaceChildren(...every().flatMap(({ kind, index, one }) => {
    const item = document.createElementNS(SVG, kind === "lines" ? "polyline" : "polygon");
    item.setAttribute("points", cornersOf(kind, one).map((point) => point.join(",")).join(" "));
    item.setAttribute("class", `${kind} ${one.kind ?? ""} ${same({ kind, index }, chosen) ? "chosen" : ""}`);
    item.addEventListener("pointerdown", () => choose(kind, index));
    if (kind !== "lines") return [item];
    const way = document.createElementNS(SVG, "polyline");
    way.setAttribute("points", arrow(one, aspect));
    way.setAttribute("class", "arrow");
    return [item, way];
  }));
  const points = chosen ? cornersOf(chosen.kind, shape()) : [];
  const dots = at("corners");
  while (dots.children.length > points.length) dots.lastChild.remove();
  while (dots.children.length < points.length) dots.append(dot(dots.children.length));
  points.forEach(([x, y], i) => {
    const one = dots.children[i];
    one.style.left = `${x * 100}%`;
    one.style.top = `${y * 100}%`;
    one.classList.toggle("last", i === corner);
    one.setAttribute("aria-label", word("corner").replace("{n}", i + 1).replace("{x}", Math.round(x * 100)).replace("{y}", Math.round(y * 100)));
  });
}

function dot(index) {
  const one = make("button", "", { type: "button", className: "corner" });
  one.addEventListener("focus", () => { corner = index; paint(); });
  one.addEventListener("pointerdown", (event) => { one.setPointerCapture(event.pointerId); one.focus(); event.preventDefault(); });
  one.addEventListener("pointermove", (event) => {
    if (!one.hasPointerCapture(event.pointerId)) return;
    const box = at("stage").getBoundingClientRect();
    change(moved(chosen.kind, shape(), index, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  });
  one.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const far = event.shiftKey ? STRIDE : STEP;
    if (way) {
      const [x, y] = cornersOf(chosen.kind, shape())[index];
      change(moved(chosen.kind, shape(), index, x + way[0] * far, y + way[1] * far));
    } else if (event.key === "+" || event.key === "=") change(split(chosen.kind, shape(), index));
    else if (event.key === "Delete" || event.key === "Backspace") fewer();
    else return;
    event.preventDefault();
  });
  return one;
}

function fewer() {
  change(joined(chosen.kind, shape(), corner));
  corner = Math.min(corner, cornersOf(chosen.kind, shape()).length - 1);
  at("corners").children[corner]?.focus();
}

// -- list and form ------------------------------------------------------------------------------------------------------

function render() {
  document.documentElement.lang = language;
  document.querySelectorAll("[data-text]").forEach((one) => { one.textContent = word(one.dataset.text); });
  at("language").textContent = word("other");
  at("language").lang = language === "zh" ? "en" : "zh";
  at("picture").alt = word("picture");
  if (!drawing) return;
  at("adding").replaceChildren(make("span", word("add")), ...KINDS.map((kind) => {
    const button = make("button", word(kind), { type: "button" });
    button.dataset.add = kind;
    button.addEventListener("click", () => {
      drawing = { ...drawing, [kind]: [...drawing[kind], fresh(kind, drawing)] };
      at("saved").textContent = word("unsaved");
      choose(kind, drawing[kind].length - 1);
      at("corners").firstChild.focus({ preventScroll: true });
    });
    return button;
  }));
  const rows = every().map(({ kind, index, one }) => {
    const button = make("button", "", { type: "button" });
    button.setAttribute("aria-pressed", String(same({ kind, index }, chosen)));
    button.append(make("span", one.name ?? `${word(kind)} ${index + 1}`), make("small", word(kind)));
    button.addEventListener("click", () => choose(kind, index));
    const row = make("li");
    row.append(button);
    return row;
  });
  at("list").replaceChildren(...(rows.length ? rows : [make("li", word("none"))]));
  form();
  paint();
}

function form() {
  at("form").hidden = !chosen;
  if (!chosen) return;
  const fields = FIELDS[chosen.kind].map(([name, type]) => field(name, type));
  const buttons = make("div", "", { className: "row" });
  if (chosen.kind === "lines") buttons.append(doing("swap", () => { const one = shape(); change({ ...one, a: one.b, b: one.a }); }));
  else buttons.append(doing("more", () => change(split(chosen.kind, shape(), corner))), doing("fewer", fewer));
  buttons.append(doing("remove", () => {
    drawing = { ...drawing, [chosen.kind]: drawing[chosen.kind].filter((_, i) => i !== chosen.index) };
    at("saved").textContent = word("unsaved");
    choose(null);
    at("adding").querySelector("button").focus();
  }));
  at("form").replaceChildren(...fields, buttons);
}

const doing = (key, act) => {
  const button = make("button", word(key), { type: "button" });
  button.dataset.doing = key;
  button.addEventListener("click", act);
  return button;
};

function field(name, type) {
  const label = make("label", word(name)), value = shape()[name];
  const input = Array.isArray(type) ? make("select") : make("input", "", { type: type === "number" ? "number" : "text", step: "any", autocomplete: "off" });
  if (Array.isArray(type)) input.append(...type.map((one) => make("option", word(one), { value: one })));
  input.name = name;
  input.value = type === "list" ? (value ?? []).join(", ") : value ?? (Array.isArray(type) ? type[0] : "");
  input.addEventListener("change", () => {
    const next = { ...shape() };
    delete next[name];
    if (type === "list") next[name] = input.value.split(/[,，]/).map((one) => one.trim()).filter(Boolean);
    else if (input.value !== "") next[name] = type === "number" ? Number(input.value) : input.value;
    change(next);
    if (name === "name") at("list").querySelector("[aria-pressed=true] span").textContent = input.value;
  });
  label.append(input);
  return label;
}

// -- the other side -----------------------------------------------------------------------------------------------------

async function ask(path, options) {
  try {
    const answer = await fetch(path, options);
    if (answer.status === 403) throw new TypeError("closed");
    return [answer.ok, await answer.json()];
  } catch (error) {
    if (error instanceof TypeError) return [false, { detail: word("offline") }];
    throw error;
  }
}

function tell(problem) {
  at("problem").hidden = !problem;
  at("problem").textContent = problem;
}

function take(state) {
  at("camera").textContent = state.camera;
  const { zones = [], lines = [], ignore = [], masks = [], revision } = state.drawing;
  kept = { revision, zones, lines, ignore, masks };
  drawing = structuredClone(kept);
}

async function load() {
  const [good, state] = await ask("/drawing");
  if (good) take(state);
  tell(good ? "" : state.detail);
  at("saved").textContent = "";
  choose(null);
}

async function save() {
  at("save").disabled = true;
  const headers = { "Content-Type": "application/json" };
  const [good, state] = await ask("/drawing", { method: "POST", headers, body: JSON.stringify(drawing) });
  at("save").disabled = false;
  tell(good ? "" : state.detail);
  if (!good) return;
  take(state);
  at("saved").textContent = word("saved");
  render();
}

function refresh() {
  const next = new Image();
  next.addEventListener("load", () => {
    at("picture").src = next.src;
    aspect = next.naturalWidth / next.naturalHeight || aspect;
    at("signal").textContent = word("live");
    setTimeout(refresh, REFRESH_MS);
  });
  next.addEventListener("error", () => { at("signal").textContent = word("lost"); setTimeout(refresh, REFRESH_MS); });
  next.src = `/picture.jpg?${Date.now()}`;
}

at("language").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; at("saved").textContent = ""; render(); });
at("save").addEventListener("click", save);
at("reset").addEventListener("click", load);
at("form").addEventListener("submit", (event) => event.preventDefault());
addEventListener("beforeunload", (event) => {
  if (JSON.stringify(kept) !== JSON.stringify(drawing)) event.preventDefault();
});
render();
load();
refresh();
