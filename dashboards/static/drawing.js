// The plan in the school's own hands: devices dragged or moved by keys, cameras turned, places drawn, pictures laid under it.
import { $, boot, data, pick, svg, t } from "./boot.js";
import { attempt, post, send } from "./api.js";
import { onKeys } from "./keys.js";
import { Plan } from "./plan.js";
import { toast } from "./toast.js";
import "./file-field.js";

const FRESH_SIGHT = { heading: 180, angle: 80, reach: 90 };
const MIDDLE = { x: 500, y: 320 };
const plan = new Plan(data, () => {});
const handles = svg("g");
$("#plan").append(handles);
const corners = (place) => (place.outline ? place.outline.split(" ").map((corner) => corner.split(",").map(Number)) : []);
const chosen = () => plan.devices.get($("#device").value);
const drawn = () => plan.places.get($("#place").value);
const collator = new Intl.Collator(boot.language === "zh" ? "zh-CN" : "en", { numeric: true });

function showDevice() {
  const device = chosen();
  if (!device) return;
  $("#x").value = Math.round(device.x ?? MIDDLE.x);
  $("#y").value = Math.round(device.y ?? MIDDLE.y);
  $("#sight").hidden = device.kind !== "camera";
  const sight = plan.sights.get(device.id) ?? FRESH_SIGHT;
  for (const name of ["heading", "angle", "reach"]) $(`#${name}`).value = Math.round(sight[name]);
  plan.lookAt(device.place);
  plan.mark(device.id);
}

let shaping = false; // a place was chosen: its corners can be dragged
function showPlace() {
  shaping = true;
  const place = drawn();
  $("#outline").value = place.outline;
  plan.lookAt(place.id);
  plan.point(place.id);
  showHandles();
}

function showHandles() {
  if (!shaping) return;
  const place = drawn();
  handles.replaceChildren(...corners(place).map(([x, y], at) => {
    const dot = svg("circle", { cx: x, cy: y, r: 6, class: "handle" });
    dot.addEventListener("pointerdown", (event) => drag(event, (to) => {
      const moved = corners(drawn());
      moved[at] = to;
      const outline = moved.map((corner) => corner.map(Math.round).join(",")).join(" ");
      plan.places.set(place.id, { ...place, outline });
      plan.shapes.get(place.id)?.setAttribute("points", outline);
      dot.setAttribute("cx", to[0]);
      dot.setAttribute("cy", to[1]);
      $("#outline").value = outline;
    }, savePlace));
    return dot;
  }));
}

/** Follow the pointer until it is let go; positions in units of the plan, within it. */
function drag(event, move, done) {
  event.preventDefault();
  const stage = $("#plan");
  const at = (one) => {
    const point = new DOMPoint(one.clientX, one.clientY).matrixTransform(stage.getScreenCTM().inverse());
    return [Math.min(1000, Math.max(0, point.x)), Math.min(640, Math.max(0, point.y))];
  };
  const moved = (one) => move(at(one));
  const end = () => { removeEventListener("pointermove", moved); removeEventListener("pointerup", end); done(); };
  addEventListener("pointermove", moved);
  addEventListener("pointerup", end);
}

function moveTo(x, y) {
  $("#x").value = Math.round(Math.min(1000, Math.max(0, x)));
  $("#y").value = Math.round(Math.min(640, Math.max(0, y)));
  preview();
}

function preview() {
  const device = chosen();
  if (!device) return;
  const sight = device.kind === "camera" ? { heading: Number($("#heading").value), angle: Number($("#angle").value), reach: Number($("#reach").value) } : null;
  plan.move(device.id, Number($("#x").value), Number($("#y").value), sight);
}

let saving = 0;
function saveSoon() {
  clearTimeout(saving);
  saving = setTimeout(saveDevice, 600);
}

async function saveDevice() {
  clearTimeout(saving);
  const device = chosen();
  const body = { x: Number($("#x").value), y: Number($("#y").value) };
  if (device.kind === "camera") body.sight = { heading: Number($("#heading").value) % 360, angle: Number($("#angle").value), reach: Number($("#reach").value) };
  take(await attempt(() => post(`/plan/devices/${encodeURIComponent(device.id)}`, body)));
}

async function savePlace() {
  take(await attempt(() => post(`/plan/places/${encodeURIComponent(drawn().id)}`, { outline: $("#outline").value.trim() })));
}

function take(fresh) {
  if (!fresh) return;
  plan.take(fresh);
  fillFloors(fresh);
  showHandles();
  toast(t("drawing.saved"));
}

function fillFloors(fresh) {
  const has = (floor) => fresh.drawings.some((one) => one.floor === floor);
  const before = $("#picture-floor").value || "0";
  $("#picture-floor").replaceChildren(...[0, ...plan.floors].map((floor) => new Option((floor ? t("plan.floor", { n: floor }) : t("drawing.grounds")) + (has(floor) ? " ✓" : ""), String(floor))));
  $("#picture-floor").value = before;
  $("#picture-remove").hidden = !has(Number(before));
}

$("#device").append(...[...plan.devices.values()].sort((a, b) => collator.compare(pick(a, "name"), pick(b, "name"))).map((one) => new Option(`${pick(one, "name")}${one.x === null ? ` (${t("drawing.unplaced")})` : ""}`, one.id)));
$("#place").append(...[...plan.places.values()].filter((one) => one.kind !== "floor").sort((a, b) => collator.compare(pick(a, "name"), pick(b, "name"))).map((one) => new Option(pick(one, "name"), one.id)));
$("#device").addEventListener("change", showDevice);
$("#place").addEventListener("change", showPlace);
for (const id of ["x", "y", "heading", "angle", "reach"]) $(`#${id}`).addEventListener("input", preview);
$("#device-form").addEventListener("submit", (event) => { event.preventDefault(); saveDevice(); });
$("#place-form").addEventListener("submit", (event) => { event.preventDefault(); savePlace(); });
$("#picture-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = $("#picture").files;
  if (file) take(await attempt(() => send(`/plan/drawings/${$("#picture-floor").value}`, file)));
});
$("#picture-floor").addEventListener("change", () => fillFloors(plan.source));
$("#picture-remove").addEventListener("click", async () => take(await attempt(() => post(`/plan/drawings/${$("#picture-floor").value}/remove`))));
$("#plan").addEventListener("pointerdown", (event) => {
  const id = event.target.dataset?.device;
  if (!id) return;
  $("#device").value = id;
  showDevice();
  drag(event, ([x, y]) => moveTo(x, y), saveDevice);
});
const step = (x, y) => () => { moveTo(Number($("#x").value) + x, Number($("#y").value) + y); saveSoon(); };
const turn = (by) => () => { $("#heading").value = (Number($("#heading").value) + by + 360) % 360; preview(); saveSoon(); };
onKeys({ ArrowLeft: step(-2, 0), ArrowRight: step(2, 0), ArrowUp: step(0, -2), ArrowDown: step(0, 2), "[": turn(-15), "]": turn(15) });
fillFloors(data);
$("#outline").value = drawn()?.outline ?? "";
if (plan.devices.size) showDevice();
