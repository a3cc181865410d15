// The campus plan as inline SVG: places by floor, devices by state, alarms on top.
import { $, boot, pick, svg, t } from "./boot.js";

const LOWEST = 1;

export class Plan {
  /** `choose(alarmId)` is called when a person picks an alarm on the plan. */
  constructor(plan, choose) {
    this.host = $("#plan");
    this.choose = choose;
    this.places = new Map(plan.places.map((place) => [place.id, place]));
    this.devices = new Map(plan.devices.map((device) => [device.id, device]));
    this.sights = new Map();
    this.shapes = new Map();
    this.dots = new Map();
    const floors = plan.places.filter((place) => place.kind === "floor").map((place) => place.floor);
    this.floors = [...new Set(floors)].sort((a, b) => a - b);
    this.floor = LOWEST;
    this.alarms = [];
    this.source = plan;
    this.setSights(plan);
    this.layers = { pictures: svg("g"), places: svg("g"), rooms: svg("g"), labels: svg("g"), sights: svg("g"), devices: svg("g"), pins: svg("g") };
    this.host.append(...Object.values(this.layers));
    this.drawGrounds();
    this.drawFloors();
    this.showFloor(this.floor);
  }

  /** Where a place is, in words: building, floor, room. */
  words(id) {
    const parts = [];
    for (let place = this.places.get(id); place && place.kind !== "campus"; place = this.places.get(place.parent)) {
      const above = this.places.get(place.parent);
      const isNamedByFloor = place.kind === "building" && parts.length && this.isFloorNamed(parts[0], place);
      if (!isNamedByFloor) parts.unshift(pick(place, "name"));
      if (above?.kind === "campus") break;
    }
    return parts.join(boot.language === "zh" ? " · " : ", ");
  }

  isFloorNamed(text, building) { return text.startsWith(pick(building, "name")); }

  deviceName(id) {
    const device = this.devices.get(id);
    return device ? pick(device, "name") : (id ?? "");
  }

  drawGrounds() {
    const order = ["campus", "outdoor", "gate", "building"];
    const drawn = [...this.places.values()].filter((place) => place.outline && order.includes(place.kind));
    drawn.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || area(b) - area(a));
    for (const place of drawn) {
      this.layers.places.append(this.shape(place));
      if (place.kind === "outdoor" || place.kind === "gate") this.label(this.layers.labels, place, "outdoor");
    }
  }

  shape(place) {
    const shape = svg("polygon", { points: place.outline, class: `plan-${place.kind}` });
    shape.append(svg("title", {}, pick(place, "name")));
    this.shapes.set(place.id, shape);
    return shape;
  }

  label(layer, place, kind) {
    const box = bounds(place);
    const whole = pick(place, "name").replace(/（.*|\(.*/, "");
    const room = box.right - box.left - 2;
    // A name too long for its room is told by its number alone: "A201" for "Classroom A201".
    const text = kind === "building" || lengthOf(whole) <= room ? whole : (whole.match(/\S*\d\S*$/) ?? [""])[0];
    if (kind !== "building" && (!text || lengthOf(text) > room || box.bottom - box.top < 12)) return;
    // A building's name stands in its corridor when it has rooms, so that rooms keep their own.
    const around = kind === "outdoor" && this.isAround(place, box);
    const y = kind === "building" ? this.corridor(place, box) : around ? box.top + 16 : (box.top + box.bottom) / 2 + 4;
    layer.append(svg("text", { x: (box.left + box.right) / 2, y, class: `plan-label ${kind}` }, text));
  }

  /** Whether other grounds lie in the middle of these, as a field in its track: then the middle is theirs. */
  isAround(place, box) {
    return [...this.places.values()].some((other) => {
      if (other.kind !== "outdoor" || other === place || !other.outline) return false;
      const inner = bounds(other);
      return inner.left > box.left && inner.right < box.right && inner.top > box.top && inner.bottom < box.bottom;
    });
  }

  corridor(place, box) {
    const rooms = [...this.places.values()].filter((room) => room.kind === "room" && this.buildingOf(room)?.id === place.id);
    const bottoms = rooms.map((room) => bounds(room).bottom);
    const tops = rooms.map((room) => bounds(room).top);
    if (rooms.length && Math.min(...tops) - box.top >= 12) return (box.top + Math.min(...tops)) / 2 + 5;
    if (rooms.length && box.bottom - Math.max(...bottoms) >= 12) return (box.bottom + Math.max(...bottoms)) / 2 + 5;
    return box.top - 5;
  }

  buildingOf(place) {
    let found = place;
    while (found && found.kind !== "building") found = this.places.get(found.parent);
    return found;
  }

  /** The floor a place lies on, or null for one that is on no floor. */
  floorOf(id) {
    for (let place = this.places.get(id); place; place = this.places.get(place.parent)) {
      if (place.kind === "room" || place.kind === "floor") return place.floor;
    }
    return null;
  }

  drawFloors() {
    const host = $("#floors");
    for (const floor of this.floors) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.floor = String(floor);
      button.textContent = t("plan.floor", { n: floor });
      button.addEventListener("click", () => this.showFloor(floor));
      host.append(button);
    }
  }

  showFloor(floor) {
    this.floor = floor;
    for (const button of $("#floors").children) {
      button.setAttribute("aria-pressed", String(button.dataset.floor === String(floor)));
    }
    this.layers.rooms.replaceChildren();
    for (const element of this.layers.labels.querySelectorAll(".small, .building")) element.remove();
    for (const place of this.places.values()) {
      if (place.kind === "room" && place.outline && place.floor === floor) {
        this.layers.rooms.append(this.shape(place));
        this.label(this.layers.labels, place, "small");
      }
    }
    for (const place of this.places.values()) if (place.kind === "building") this.label(this.layers.labels, place, "building");
    this.drawDevices();
    this.paint();
  }

  setSights(plan) {
    this.source = plan;
    this.sights = new Map((plan.sights ?? []).map((one) => [one.device, one.sight]));
  }

  /** The school's own drawings: the grounds, and over them the floor that is looked at. */
  drawPictures() {
    const shown = (this.source.drawings ?? []).filter((one) => one.floor === 0 || one.floor === this.floor);
    this.host.classList.toggle("pictured", shown.length > 0);
    this.layers.pictures.replaceChildren(...shown.map((one) => svg("image", { href: `/api/v1/plan/drawings/${one.floor}?v=${one.version}`, x: 0, y: 0, width: 1000, height: 640 })));
  }

  /** What a camera sees: a slice of a circle before it. */
  drawSight(device) {
    const sight = this.sights.get(device.id);
    if (!sight) return;
    const at = (degrees) => [device.x + sight.reach * Math.sin((degrees * Math.PI) / 180), device.y - sight.reach * Math.cos((degrees * Math.PI) / 180)].map((one) => one.toFixed(1)).join(" ");
    const half = Math.min(sight.angle, 359) / 2;
    const path = `M${device.x} ${device.y}L${at(sight.heading - half)}A${sight.reach} ${sight.reach} 0 ${sight.angle > 180 ? 1 : 0} 1 ${at(sight.heading + half)}Z`;
    this.layers.sights.append(svg("path", { d: path, class: `plan-sight ${device.state}` }));
  }

  /** Take over a plan as it is now. */
  take(plan) {
    this.setSights(plan);
    for (const place of plan.places) {
      this.places.set(place.id, place);
      this.shapes.get(place.id)?.setAttribute("points", place.outline);
    }
    for (const device of plan.devices) this.devices.set(device.id, device);
    this.showFloor(this.floor);
  }

  /** Show a device elsewhere, and looking elsewhere, before it is saved. */
  move(id, x, y, sight) {
    this.devices.set(id, { ...this.devices.get(id), x, y });
    if (sight) this.sights.set(id, sight);
    this.drawDevices();
  }

  /** Mark one device on the plan. */
  mark(id) {
    this.picked = id;
    this.drawDevices();
  }

  drawDevices() {
    this.layers.devices.replaceChildren();
    this.layers.sights.replaceChildren();
    this.drawPictures();
    this.dots.clear();
    for (const device of this.devices.values()) {
      const floor = this.floorOf(device.place);
      if (device.x === null || (floor !== null && floor !== this.floor)) continue;
      const dot = svg("circle", { cx: device.x, cy: device.y, r: device.kind === "camera" || device.kind === "gate" ? 5 : 3.2 });
      dot.dataset.device = device.id;
      dot.append(svg("title", {}, pick(device, "name")));
      this.drawSight(device);
      this.dots.set(device.id, dot);
      this.layers.devices.append(dot);
      this.paintDevice(device);
    }
  }

  paintDevice(device) {
    const dot = this.dots.get(device.id);
    if (dot) dot.setAttribute("class", `plan-device ${device.state}${device.id === this.picked ? " picked" : ""}`);
  }

  setDevice(device) {
    this.devices.set(device.id, device);
    this.paintDevice(device);
  }

  /** Colour places by tone (a map of ids), until told otherwise. */
  tint(tones) {
    this.tones = tones;
    this.paint();
  }

  /** Put the frame of choice around a place. */
  point(id) {
    this.pointed = id;
    this.paint();
  }

  /** Show the open alarms (worst first) and which of them is chosen. */
  setAlarms(alarms, chosen) {
    this.alarms = alarms.filter((alarm) => alarm.state !== "shelved");
    this.chosen = chosen;
    for (const button of $("#floors").children) {
      const hot = this.alarms.some((alarm) => String(this.floorOf(alarm.place)) === button.dataset.floor);
      button.classList.toggle("hot", hot);
    }
    this.paint();
  }

  paint() {
    for (const shape of this.shapes.values()) {
      shape.setAttribute("class", (shape.getAttribute("class").match(/^plan-\w+/) ?? [""])[0]);
    }
    for (const [id, tone] of this.tones ?? []) this.paintTone(id, tone);
    this.shapes.get(this.pointed)?.classList.add("chosen");
    this.layers.pins.replaceChildren();
    for (const alarm of [...this.alarms].reverse()) this.paintAlarm(alarm);
  }

  /** A floor shows on its building's outline while it is the one that is looked at; the grounds stay as they are. */
  paintTone(id, tone) {
    const place = this.places.get(id);
    if (!place || place.kind === "campus" || (place.kind === "floor" && place.floor !== this.floor)) return;
    const shown = place.kind === "floor" ? this.buildingOf(place) : place;
    this.shapes.get(shown?.id)?.classList.add("tinted", `tone-${tone}`);
  }

  paintAlarm(alarm) {
    const floor = this.floorOf(alarm.place);
    const here = floor === null || floor === this.floor;
    const place = this.places.get(alarm.place);
    // On another floor the building tells of it; a floor itself has the building's outline.
    const shown = here && place?.kind !== "floor" ? place : this.buildingOf(place);
    const shape = this.shapes.get(shown?.id);
    if (!shape) return;
    const fresh = alarm.state === "unacknowledged" ? " fresh" : "";
    const chosen = alarm.id === this.chosen ? " chosen" : "";
    const base = shape.getAttribute("class").match(/^plan-\w+/)[0];
    shape.setAttribute("class", `${base} in-alarm tone-${alarm.severity}${fresh}${chosen}`);
    this.pin(alarm, shown, here);
  }

  pin(alarm, place, here) {
    const device = this.devices.get(alarm.device);
    const box = bounds(place);
    const at = here && device?.x !== null && device ? [device.x, device.y] : [(box.left + box.right) / 2, box.top];
    const pin = svg("g", { class: `plan-pin tone-${alarm.severity}`, transform: `translate(${at[0]} ${at[1] - 4})` });
    pin.append(svg("path", { d: "M0 0C-3-7-9-10-9-17a9 9 0 1 1 18 0C9-10 3-7 0 0z" }));
    pin.append(svg("title", {}, alarm.title[boot.language]));
    pin.addEventListener("click", () => this.choose(alarm.id));
    this.layers.pins.append(pin);
  }

  /** Turn to the floor a place lies on. */
  lookAt(id) {
    const floor = this.floorOf(id);
    if (floor !== null && floor !== this.floor) this.showFloor(floor);
  }
}

/** About how wide a text is on the plan: Chinese signs are twice as wide as Latin ones. */
const lengthOf = (text) => [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 10 : 5.6), 0);

function bounds(place) {
  const corners = place.outline.split(" ").map((corner) => corner.split(",").map(Number));
  const xs = corners.map((corner) => corner[0]);
  const ys = corners.map((corner) => corner[1]);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function area(place) {
  const box = bounds(place);
  return (box.right - box.left) * (box.bottom - box.top);
}
