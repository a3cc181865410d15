// The security console: keeps the list, the plan and the open case equal to what the server says.
import { $, $$, batched, boot, clone, data, everySecond, fill, setMark, setNow, since, sync, t, when } from "./boot.js";
import { AlarmList } from "./alarm-list.js";
import { attempt, get, post } from "./api.js";
import { Case } from "./case.js";
import { Giving } from "./giving.js";
import { onKeys } from "./keys.js";
import { follow } from "./live.js";
import { Plan } from "./plan.js";
import { need } from "./siren.js";
import { toast } from "./toast.js";

const SEVERITIES = ["critical", "major", "warning", "info"];
const STATES = ["unacknowledged", "returned_unacknowledged", "acknowledged", "shelved"];
const CLOSED_SHOWN = 30;
// The screen on the wall shows no case: nobody stands before it, and a student's name is not for everyone who passes.
const WALL = document.documentElement.hasAttribute("data-wall");
const NARROW = matchMedia("(width < 760px)");

const open = new Map(data.alarms.open.map((alarm) => [alarm.id, alarm]));
let closed = data.alarms.closed;
let site = data.alarms.site;
let chosen = null;
let chosenByHand = false;

const plan = new Plan(data.plan, (id) => choose(id, true));
const giving = new Giving(act, handOver);
const detail = new Case(plan, data.classes, act, giving);
const list = new AlarmList({
  make: makeRow, update: updateRow, repaint: () => paint(), holds: !WALL,
  latest: (id) => open.get(id) ?? closed.find((alarm) => alarm.id === id), all: acknowledgeAll,
});

const rank = (alarm) => [SEVERITIES.indexOf(alarm.severity), STATES.indexOf(alarm.state), -Date.parse(alarm.raised_at)];
function before(a, b) {
  const left = rank(a);
  const right = rank(b);
  const at = left.findIndex((value, index) => value !== right[index]);
  return at < 0 ? 0 : left[at] - right[at];
}
const ordered = () => [...open.values()].sort(before);
const active = () => ordered().filter((alarm) => alarm.state !== "shelved");
const unseen = (alarm) => alarm.state === "unacknowledged";

function makeRow(alarm) {
  const element = clone("alarm-row");
  $("button", element).addEventListener("click", () => choose(alarm.id, true));
  return element;
}

function updateRow(element, alarm) {
  const button = $("button", element);
  const hot = unseen(alarm) && alarm.severity === "critical";
  button.className = `alarm tone-${alarm.severity}${unseen(alarm) ? " fresh" : ""}${hot ? " hot" : ""}${alarm.state === "closed" ? " over" : ""}`;
  if (alarm.id === chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  setMark($(".alarm-mark", element), alarm.severity);
  element.dataset.since = alarm.raised_at;
  fill(element, {
    title: alarm.title[boot.language],
    state: `${t(`severity.${alarm.severity}`)} · ${stateText(alarm)}`,
    where: plan.words(alarm.place),
    age: since(alarm.raised_at),
    at: when(alarm.raised_at),
  });
}

function stateText(alarm) {
  const holder = alarm.assigned_to ?? alarm.acknowledged_by;
  if (alarm.state === "acknowledged" && holder) return t("state.acknowledged_by", { who: holder });
  if (alarm.state === "shelved") return t("state.shelved_until", { time: when(alarm.shelved_until) });
  return t(`state.${alarm.state}`);
}

function makeClosed(alarm) {
  const element = clone("closed-row");
  $("button", element).addEventListener("click", () => choose(alarm.id, true));
  return element;
}

function updateClosed(element, alarm) {
  setMark($(".old-mark", element), alarm.severity);
  const outcome = alarm.outcome ? t(`outcome.${alarm.outcome}`) : t("state.closed");
  fill(element, { at: when(alarm.closed_at ?? alarm.updated_at), title: alarm.title[boot.language], outcome });
}

const paint = batched(() => {
  const rows = active();
  const shelved = ordered().filter((alarm) => alarm.state === "shelved");
  if (!chosenByHand || !(open.has(chosen) || closed.some((alarm) => alarm.id === chosen))) chooseFirst(rows);
  list.paint(rows);
  sync($("#shelved"), shelved, (row) => row.id, makeRow, updateRow);
  sync($("#closed"), closed.slice(0, CLOSED_SHOWN), (row) => row.id, makeClosed, updateClosed);
  $("#open-count").textContent = t("console.count", { n: rows.length, fresh: rows.filter(unseen).length });
  $("#calm").hidden = rows.length > 0;
  if (!plan.devices.size) {
    // Nothing that could raise an alarm is not the same as calm.
    $("#calm strong").textContent = t("console.deaf");
    $("#calm span").textContent = t("console.deaf_note");
  }
  $("#shelf").hidden = shelved.length === 0;
  $("#shelf-count").textContent = String(shelved.length);
  $("#no-past").hidden = closed.length > 0;
  paintSite();
  plan.setAlarms(rows, chosen);
  need(rows.some((alarm) => unseen(alarm) && alarm.severity === "critical"));
  const fresh = rows.filter(unseen).length;
  document.title = `${fresh ? `(${fresh}) ` : ""}${t("console.title")}`;
});

/** Without a choice of the guard's own the page shows the first alarm of the list. */
function chooseFirst(rows) {
  const first = rows[0]?.id ?? null;
  if (first !== chosen) choose(first, false);
}

function paintSite() {
  const host = $("#site");
  const count = document.createElement("b");
  count.textContent = String(site.inside);
  host.replaceChildren(`${t("site.inside")} `, count, ` · ${t("site.outside")} ${site.outside}`);
  if (site.unknown) host.append(` · ${t("site.unknown")} ${site.unknown}`);
}

function choose(id, byHand) {
  chosen = id;
  chosenByHand = byHand;
  const alarm = open.get(id) ?? closed.find((one) => one.id === id);
  if (alarm) plan.lookAt(alarm.place);
  if (!WALL) detail.show(alarm ?? null);
  if (byHand && NARROW.matches) $("#detail").scrollIntoView({ behavior: "smooth" });
  paint();
}

function take(alarm) {
  const known = open.get(alarm.id);
  if (alarm.state === "closed") {
    open.delete(alarm.id);
    closed = [alarm, ...closed.filter((one) => one.id !== alarm.id)].slice(0, CLOSED_SHOWN);
  } else {
    open.set(alarm.id, alarm);
    closed = closed.filter((one) => one.id !== alarm.id);
    if (alarm.severity === "critical" && unseen(alarm) && !(known && unseen(known))) announce(alarm);
  }
  if (!WALL && alarm.id === chosen) detail.refresh(alarm);
  paint();
}

/** Only critical alarms are read out: a reader that speaks of everything is switched off. */
function announce(alarm) {
  $("#announce").textContent = `${t("severity.critical")}: ${alarm.title[boot.language]}`;
}

async function act(action, id, body = {}) {
  const result = await attempt(() => post(`/alarms/${id}/${action}`, body));
  if (!result) return false;
  take(result.alarm);
  if (id === chosen) detail.fill(result);
  toast(t(`action.${action}_done`));
  // What was dealt with makes room for the next one that nobody has seen.
  if (action !== "comment" && active().some(unseen) && result.alarm.state !== "acknowledged") chosenByHand = false;
  paint();
  return true;
}

/** Acknowledge alarms of one kind at one place, one after the other. */
async function acknowledgeAll(alarms) {
  for (const alarm of alarms) if (!(await act("acknowledge", alarm.id))) return;
}

/** Every alarm of one's own goes to somebody else, with a note for the next shift. */
async function handOver(body) {
  const fresh = await attempt(() => post("/alarms/hand-over", body));
  if (!fresh) return;
  for (const alarm of fresh.open) take(alarm);
  toast(t("action.hand_over_done"));
}

function change(message) {
  if (message.topic === "alarm" && message.row) take(message.row);
  if (message.topic === "site" && message.row) { site = message.row; paint(); }
  if (message.topic === "device" && message.row) plan.setDevice(message.row);
}

async function resync() {
  const fresh = await get("/alarms");
  setNow(Date.parse(fresh.now));
  open.clear();
  for (const alarm of fresh.open) open.set(alarm.id, alarm);
  closed = fresh.closed;
  site = fresh.site;
  const drawn = await get("/plan");
  for (const device of drawn.devices) plan.setDevice(device);
  if (chosen && !WALL) detail.refresh(open.get(chosen) ?? null);
  paint();
  return fresh.seen;
}

function move(step) {
  const rows = list.rows;
  if (!rows.length) return;
  const at = rows.findIndex((alarm) => alarm.id === chosen);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  choose(next.id, true);
  requestAnimationFrame(() => $(`#alarms [data-key="${CSS.escape(next.id)}"] .alarm`)?.focus());
}

if (!WALL) {
  onKeys({
    ArrowDown: () => move(1), j: () => move(1), ArrowUp: () => move(-1), k: () => move(-1),
    a: () => detail.press("acknowledge"), r: () => detail.press("resolve"), s: () => detail.press("shelve"),
    g: () => detail.press("assign"), c: () => $("#comment").focus(), e: () => list.toggleOf(open.get(chosen)),
    h: () => $("#hand-over").click(), n: () => $("#held").click(), m: () => $("#d-muster:not([hidden])")?.click(),
    ...Object.fromEntries(plan.floors.slice(0, 9).map((floor, at) => [String(at + 1), () => plan.showFloor(floor)])),
  });
}

everySecond(() => {
  for (const row of $$("#alarms li[data-since]")) fill(row, { age: since(row.dataset.since) });
  detail.tick();
});

paint();
follow({ seen: data.alarms.seen, change, resync });
