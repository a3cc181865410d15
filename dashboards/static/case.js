// One alarm whole: where, since when, who is on it, what to do, what was seen, what happened.
import { $, $$, boot, clone, has, setMark, since, sync, t, when, word } from "./boot.js";
import { Problem, get } from "./api.js";
import { toast } from "./toast.js";

export class Case {
  /** `act(action, id, body)` does something with the alarm and resolves to whether it was done; `giving` gives it away. */
  constructor(plan, classes, act, giving) {
    this.giving = giving;
    this.plan = plan;
    this.classes = classes;
    this.act = act;
    this.alarm = null;
    this.can = [];
    for (const button of $$("#acts button")) button.addEventListener("click", () => this.press(button.dataset.act));
    for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
    $("#say").addEventListener("submit", (event) => { event.preventDefault(); this.say(event.target); });
    this.onSubmit("#resolve-box", (form) => this.act("resolve", this.alarm.id, { outcome: form.get("outcome"), text: form.get("text") }));
    this.onSubmit("#shelve-box", (form) => this.act("shelve", this.alarm.id, { minutes: Number(form.get("minutes")), reason: form.get("reason") }));
  }

  onSubmit(selector, run) {
    const form = $("form", $(selector));
    form.addEventListener("submit", () => { run(new FormData(form)); form.reset(); });
  }

  /** Show an alarm of the list at once, and the rest of it when it has come. */
  show(alarm) {
    const isNew = alarm?.id !== this.alarm?.id;
    this.alarm = alarm;
    $("#detail-none").hidden = alarm !== null;
    $("#detail-body").hidden = alarm === null;
    if (!alarm) return;
    this.head(alarm);
    if (!isNew) return;
    this.loaded = false;
    this.pending = null;
    this.can = [];
    this.buttons();
    $("#d-runbook").replaceChildren();
    $("#d-steps").replaceChildren();
    $("#d-stills").replaceChildren();
    $("#d-evidence").hidden = true;
    for (const part of $$("#detail-body [data-if]")) part.hidden = true;
    $("#detail").scrollTop = 0;
    this.load(alarm.id);
  }

  /** The alarm changed: show its new head and fetch what happened. */
  refresh(alarm) {
    if (!alarm) { this.show(null); return; }
    this.alarm = alarm;
    this.head(alarm);
    this.load(alarm.id);
  }

  async load(id) {
    $("#detail-loading").hidden = false;
    try {
      const whole = await get(`/alarms/${id}`);
      if (this.alarm?.id === id) this.fill(whole);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(word("error", error.code), { bad: true, action: { label: t("common.again"), run: () => this.load(id) } });
    } finally {
      $("#detail-loading").hidden = true;
    }
  }

  head(alarm) {
    $("#detail-body").className = `tone-${alarm.severity}`;
    setMark($("#d-mark"), alarm.severity);
    this.text("#d-severity", t(`severity.${alarm.severity}`));
    $("#d-severity").className = `badge tone-${alarm.severity}`;
    this.text("#d-state", t(`state.${alarm.state}`));
    this.text("#d-times", alarm.times > 1 ? t("alarm.times", { n: alarm.times }) : "");
    $("#d-times").hidden = alarm.times <= 1;
    this.text("#detail-title", alarm.title[boot.language]);
    this.text("#d-reason", alarm.reason[boot.language]);
    const device = alarm.device ? ` (${this.plan.deviceName(alarm.device)})` : "";
    this.text("#d-where", (this.plan.words(alarm.place) || t("alarm.nowhere")) + device);
    $("#d-muster").href = `/muster?alarm=${encodeURIComponent(alarm.id)}`;
    $("#d-bundle").href = `/api/v1/alarms/${encodeURIComponent(alarm.id)}/bundle`;
    $("#d-muster").hidden = alarm.severity !== "critical";
    this.text("#d-who", this.who(alarm));
    $("#d-who").classList.toggle("nobody", !alarm.acknowledged_by && !alarm.assigned_to);
    this.tick();
  }

  who(alarm) {
    if (alarm.assigned_to && alarm.assigned_to !== alarm.acknowledged_by) return t("alarm.who_given", { who: alarm.assigned_to });
    return alarm.acknowledged_by ? t("alarm.who_since", { who: alarm.acknowledged_by, time: when(alarm.acknowledged_at) }) : t("alarm.nobody");
  }

  fill(whole) {
    const alarm = whole.alarm;
    this.alarm = alarm;
    this.can = whole.can;
    this.loaded = true;
    this.head(alarm);
    this.buttons();
    const pending = this.pending;
    this.pending = null;
    if (pending) this.press(pending);
    this.list("#d-runbook", whole[`runbook_${boot.language}`]);
    this.part("affected", alarm.expected_students === null ? "" : this.affected(alarm));
    this.part("student", whole.student ? this.student(whole.student) : "");
    this.part("lesson", whole.lesson ? t("alarm.lesson_until", { subject: whole.lesson.subject, room: this.plan.words(whole.lesson.room), time: when(whole.lesson.end) }) : "");
    this.stills(alarm.id, whole.detail.evidence);
    sync($("#d-steps"), [...whole.detail.steps].reverse(), (step) => step.id, () => clone("step-row"), (element, step) => this.step(element, step));
    this.text("#d-why", whole.why);
    this.text("#d-source", whole.source);
  }

  affected(alarm) {
    const titles = alarm.expected_classes.map((id) => this.classes[id] ?? id).join(boot.language === "zh" ? "、" : ", ");
    return t("alarm.affected_text", { n: alarm.expected_students, classes: titles });
  }

  student(student) {
    const seen = student.seen_at ? t("alarm.student_seen", { time: when(student.seen_at), place: this.plan.words(student.place) }) : "";
    return `${student.name} · ${student.class_title} · ${t(`site.${student.site}_one`)}${seen}`;
  }

  step(element, step) {
    const what = has(`action.${step.action}_past`) ? t(`action.${step.action}_past`) : step.action;
    const by = step.by === "machine" ? step.why[boot.language] : step.by;
    $("[data-slot=at]", element).textContent = when(step.at, true);
    $("[data-slot=what]", element).textContent = what;
    $("[data-slot=by]", element).textContent = by;
    const note = $("[data-slot=note]", element);
    note.textContent = step.note;
    note.hidden = !step.note;
  }

  stills(id, evidence) {
    $("#d-evidence").hidden = evidence.length === 0;
    const shown = $("#d-stills");
    if (shown.childElementCount === evidence.length && shown.dataset.of === id) return;
    shown.dataset.of = id;
    shown.replaceChildren(...[...evidence].reverse().map((one, index) => this.still(id, one, index)));
  }

  still(id, evidence, index) {
    const link = document.createElement("a");
    link.href = `/api/v1/alarms/${id}/still?evidence=${encodeURIComponent(evidence)}`;
    link.target = "_blank";
    link.rel = "noopener";
    const image = document.createElement("img");
    image.src = link.href;
    image.alt = t("alarm.still", { n: index + 1 });
    image.loading = "lazy";
    link.append(image);
    return link;
  }

  buttons() {
    for (const button of $$("#acts button")) button.hidden = !this.can.includes(button.dataset.act);
    $("#say").hidden = !this.can.includes("comment");
  }

  press(action) {
    // A key pressed before the alarm came whole is not lost: a guard who knows what it is does not wait.
    if (this.alarm && !this.loaded) { this.pending = action; return; }
    if (!this.alarm || !this.can.includes(action)) return;
    if (action === "resolve") $("#resolve-box").showModal();
    else if (action === "shelve") $("#shelve-box").showModal();
    else if (action === "assign") this.giving.assign(this.alarm);
    else this.act(action, this.alarm.id);
  }

  async say(form) {
    const text = new FormData(form).get("text").trim();
    if (text && (await this.act("comment", this.alarm.id, { text }))) form.reset();
  }

  /** Every second: how long it has lasted. */
  tick() {
    if (this.alarm) this.text("#d-since", t("alarm.since_text", { time: when(this.alarm.began_at, true), age: since(this.alarm.began_at) }));
  }

  part(name, text) {
    for (const element of $$(`[data-if="${name}"]`)) element.hidden = text === "";
    this.text(`#d-${name}`, text);
  }

  list(selector, lines) {
    $(selector).replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      const words = document.createElement("span");
      words.textContent = line;
      item.append(words);
      return item;
    }));
  }

  text(selector, text) {
    const element = $(selector);
    if (element.textContent !== text) element.textContent = text;
  }
}
