// The guard's list: alarms of one rule at one place stand together, and nothing moves under a hand that is on it.
import { $, clone, fill, sync, t } from "./boot.js";
import { Hand } from "./hand.js";

const groupOf = (alarm) => (alarm.place ? `${alarm.rule}|${alarm.place}` : alarm.id);

/** Alarms, worst first, as groups in the order of their worst one: [{ key, alarms }]. */
export function grouped(alarms) {
  const groups = new Map();
  for (const alarm of alarms) {
    const key = groupOf(alarm);
    if (!groups.has(key)) groups.set(key, { key, alarms: [] });
    groups.get(key).alarms.push(alarm);
  }
  return [...groups.values()];
}

export class AlarmList {
  /** `make(alarm)` and `update(element, alarm)` draw one row; `latest(id)` gives an alarm as it is now; `all(alarms)` acknowledges. */
  constructor({ make, update, latest, all, repaint, holds }) {
    Object.assign(this, { make, update, latest, all, repaint });
    this.host = $("#alarms");
    this.bar = $("#held");
    this.opened = new Set();
    this.shown = [];
    if (!holds) return; // nobody stands before the screen on the wall
    this.hand = new Hand(this.host, () => this.release());
    this.bar.addEventListener("click", () => { this.hand.lift(); this.release(); });
  }

  release() {
    if (this.waiting) this.repaint();
  }

  /** Show alarms, worst first; while the list is held its rows stay where they are and new ones are counted. */
  paint(alarms) {
    const fresh = grouped(alarms);
    const held = this.hand?.isOn && this.shown.length > 0;
    const groups = held ? this.still(fresh) : fresh;
    const known = new Set(this.shown.map((group) => group.key));
    const waiting = held ? fresh.filter((group) => !known.has(group.key)).flatMap((group) => group.alarms) : [];
    this.waiting = held && (waiting.length > 0 || String(groups.map((one) => one.key)) !== String(fresh.map((one) => one.key)));
    this.shown = groups;
    this.bar.hidden = waiting.length === 0;
    if (waiting.length) {
      this.bar.textContent = t("console.held", { n: waiting.length });
      this.bar.className = `held tone-${waiting[0].severity}`;
    }
    sync(this.host, groups, (group) => (group.alarms.length > 1 ? `group:${group.key}` : group.alarms[0].id), (group) => this.makeGroup(group), (element, group) => this.updateGroup(element, group));
  }

  /** What is on the screen, each alarm as it is now; also those that have been closed meanwhile. */
  still(fresh) {
    const now = new Map(fresh.map((group) => [group.key, group]));
    return this.shown.map((group) => {
      const before = group.alarms.map((alarm) => this.latest(alarm.id) ?? alarm);
      const added = (now.get(group.key)?.alarms ?? []).filter((alarm) => !before.some((one) => one.id === alarm.id));
      // A single row stays a single row; a group takes its new members in at the end.
      return { key: group.key, alarms: group.alarms.length > 1 ? [...before, ...added] : before };
    });
  }

  makeGroup(group) {
    if (group.alarms.length === 1) return this.make(group.alarms[0]);
    const element = clone("alarm-group");
    $(".group-open", element).addEventListener("click", () => this.toggle(group.key));
    $(".group-all", element).addEventListener("click", () => this.all(element.unseen));
    return element;
  }

  updateGroup(element, group) {
    if (group.alarms.length === 1) { this.update(element, group.alarms[0]); return; }
    const unseen = group.alarms.filter((alarm) => alarm.state === "unacknowledged");
    element.unseen = unseen;
    const open = this.opened.has(group.key);
    const toggle = $(".group-open", element);
    toggle.setAttribute("aria-expanded", String(open));
    fill(element, { many: t(open ? "console.group_close" : "console.group_open", { n: group.alarms.length }), all: t("console.group_all", { n: unseen.length }) });
    $(".group-all", element).hidden = unseen.length === 0;
    const rows = open ? group.alarms : group.alarms.slice(0, 1);
    sync($("ul", element), rows, (alarm) => alarm.id, (alarm) => this.make(alarm), (row, alarm) => this.update(row, alarm));
  }

  toggle(key) {
    if (!this.opened.delete(key)) this.opened.add(key);
    this.hand?.lift();
    this.repaint();
  }

  /** The alarms whose rows can be seen, from the top, for the keys that move. */
  get rows() {
    return this.shown.flatMap((group) => (group.alarms.length > 1 && !this.opened.has(group.key) ? group.alarms.slice(0, 1) : group.alarms));
  }

  /** Open or close the group an alarm stands in. */
  toggleOf(alarm) {
    const group = this.shown.find((one) => one.alarms.length > 1 && one.alarms.some((other) => other.id === alarm?.id));
    if (group) this.toggle(group.key);
  }
}
