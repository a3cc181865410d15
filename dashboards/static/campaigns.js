// Campaigns to agents, of firmware or of configurations: the list with every device in its turn, and whom to choose.
import { $, $$, clone, fill, pick, sync, t, when, word } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { toast } from "./toast.js";

const REREAD_MS = 10_000;
const TONES = { running: "info", done: "good", stopped: "critical", planned: "quiet", paused: "warning", back: "warning", waits: "quiet", waiting: "info", sent: "info", offline: "warning", refused: "critical", expired: "critical", replaced: "warning" };
const DONE = { stop: "campaign.stopped", pause: "campaign.paused", back: "campaign.took_back" };
const UNDER_WAY = new Set(["waiting", "sent", "offline"]);

/** The campaigns of the page whose data is at `path`; `paint` shows it anew, `ask(what)` says whether an act is meant. */
export class Campaigns {
  constructor(path, view, paint, ask = async () => true) {
    Object.assign(this, { path, view, paint, ask });
    for (const close of $$("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
    setInterval(() => this.reread(), REREAD_MS);
  }

  show() {
    sync($("#campaigns"), this.view.campaigns, (one) => one.id, () => this.make(), (element, one) => this.update(element, one));
    $("#no-campaigns").hidden = this.view.campaigns.length > 0;
  }

  /** Send something that answers the whole page; whether it was taken. */
  async act(path, said, done) {
    const fresh = await attempt(() => post(path, said));
    if (!fresh) return false;
    this.view = fresh;
    toast(done);
    this.paint();
    return true;
  }

  async reread() {
    const lives = (one) => one.state === "running" || one.steps.some((step) => UNDER_WAY.has(step.state));
    if (document.hidden || !this.view.campaigns.some(lives)) return;
    this.view = await attempt(() => get(this.path)) ?? this.view;
    this.paint();
  }

  make() {
    const element = clone("campaign");
    for (const button of $$("[data-act]", element)) {
      const what = button.dataset.act;
      button.addEventListener("click", async () => {
        if (await this.ask(what)) await this.act(`${this.path}/campaigns/${element.dataset.key}/${what}`, {}, t(DONE[what] ?? "campaign.started"));
      });
    }
    return element;
  }

  update(element, one) {
    const done = one.steps.filter((step) => step.state === "done").length;
    const sum = t("campaign.sum", { n: done, all: one.steps.length });
    const plan = t("campaign.begun", { by: one.begun_by, at: when(one.begun_at), hours: one.hours || t("campaign.any_hour") });
    fill(element, {
      state: word("campaign.state", one.state), title: one.title, reason: this.because(one.reason), sum,
      begun: one.tolerate ? `${plan}, ${t("campaign.tolerated", { n: one.tolerate })}` : plan,
    });
    $('[data-slot="state"]', element).className = `badge tone-${TONES[one.state]}`;
    for (const button of $$("[data-act]", element)) button.hidden = !one.acts.includes(button.dataset.act);
    $(".history", element).replaceChildren(...one.history.map((step) => stepDone(step, this.because(step.why))));
    const meter = $(".meter", element);
    meter.classList.toggle("bad", one.state === "stopped");
    meter.setAttribute("aria-label", sum);
    $("i", meter).style.width = `${(100 * done) / one.steps.length}%`;
    $(".steps", element).replaceChildren(...one.steps.map((step) => this.step(step)));
  }

  step(step) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = this.named(step.device);
    line.append(badge(step.state), name, small([step.detail, step.at ? when(step.at) : ""].filter(Boolean).join(" · ")));
    return line;
  }

  /** Why it stands so, in words; what a device said stays as it said it. */
  because(why) {
    if (!why) return "";
    const { code, n = 0, of = 0, device = "", detail = "" } = why;
    return t(`campaign.why.${code}${(code === "refused" || code === "failed") && !detail ? "_plain" : ""}`, { n, of, device: this.named(device), detail });
  }

  named(id) {
    const one = this.view.agents.find((agent) => agent.id === id);
    return one ? `${pick(one, "name")} (${id})` : id;
  }

  /** Offer `agents` in the dialogue, those chosen that `chosen` says, each with what `beside` says. */
  offer(agents, chosen, beside) {
    $("#n-agents").replaceChildren(...agents.map((one) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "devices", value: one.id, checked: chosen(one) });
      label.append(box, this.named(one.id), small(beside(one)));
      return label;
    }));
  }
}

/** What the fields that both dialogues share say. */
export const plan = (form) => ({ devices: form.getAll("devices"), hours: form.get("hours"), tolerate: Number(form.get("tolerate")) });

function badge(state) {
  const element = document.createElement("span");
  element.className = `badge tone-${TONES[state] ?? "quiet"}`;
  element.textContent = word("campaign.state", state);
  return element;
}

function small(text) {
  const element = document.createElement("span");
  element.className = "small";
  element.textContent = text;
  return element;
}

function stepDone(step, because) {
  const line = document.createElement("li");
  line.className = "small";
  line.textContent = [when(step.at), word("campaign.state", step.new), step.by === "platform" ? t("campaign.platform") : step.by, because].filter(Boolean).join(" · ");
  return line;
}
