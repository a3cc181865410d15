// What an agent is told: its configurations with what changed in each, and commands with their answers.
import { $, $$, clone, fill, sync, t, when, word } from "./boot.js";
import { Problem, attempt, get, post, whole } from "./api.js";
import { toast } from "./toast.js";

const TONES = { waiting: "info", sent: "info", applied: "good", done: "good", refused: "critical", expired: "warning", replaced: "quiet" };
const WATCH_MS = 1500;
const WATCHES = 40; // a minute: then the command has expired

export class Orders {
  constructor(device) {
    this.path = `/devices/${encodeURIComponent(device)}`;
    this.revisions = [];
    for (const button of $$("#ask button")) button.addEventListener("click", () => this.press(button.dataset.command));
    for (const close of $$("#config-box [data-close], #sure-box [data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
    $("#config-edit").addEventListener("click", () => this.edit());
    $("form", $("#config-box")).addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    $("form", $("#sure-box")).addEventListener("submit", () => this.confirmed());
  }

  async open() {
    await Promise.all([this.loadRevisions(), this.loadOrders()]);
  }

  async loadRevisions() {
    const found = await attempt(() => whole(`${this.path}/configurations`));
    if (found) this.showRevisions(found);
  }

  showRevisions(found) {
    this.revisions = found;
    $("#no-revisions").hidden = found.length > 0;
    sync($("#revisions"), found, (one) => one.revision.revision, () => clone("revision"), (element, one) => this.revision(element, one));
  }

  revision(element, { revision, changes }) {
    const newest = revision.revision === this.revisions[0].revision.revision;
    fill(element, {
      number: t("device.revision", { n: revision.revision }), state: t(`device.config_${revision.state}`),
      made: `${when(revision.made_at)} · ${revision.made_by}`, note: revision.note, detail: revision.detail,
    });
    $(".badge", element).className = `badge tone-${TONES[revision.state]}`;
    $("tbody", element).replaceChildren(...changes.map((change) => {
      const row = document.createElement("tr");
      for (const value of [change.path || "—", shown(change.old), shown(change.new)]) {
        const cell = document.createElement("td");
        cell.textContent = value;
        row.append(cell);
      }
      return row;
    }));
    const back = $("[data-back]", element);
    back.hidden = newest;
    back.onclick = () => this.ask("device.roll_back", t("device.roll_back_sure", { n: revision.revision }), async () => {
      const after = await attempt(() => post(`${this.path}/configurations/${revision.revision}/roll-back`));
      if (after) { this.showRevisions(after); toast(t("device.config_queued")); }
    });
  }

  edit() {
    const newest = this.revisions[0]?.revision;
    this.after = newest?.revision ?? 0;
    $("#config-text").value = JSON.stringify(newest?.settings ?? {}, null, 2);
    $("#config-error").hidden = true;
    $("#config-box").showModal();
  }

  async send() {
    const error = $("#config-error");
    error.hidden = true;
    try {
      const settings = JSON.parse($("#config-text").value);
      this.showRevisions(await post(`${this.path}/configurations`, { settings, note: $("#config-why").value, after: this.after }));
      $("#config-box").close();
      $("#config-why").value = "";
      toast(t("device.config_queued"));
    } catch (wrong) {
      if (!(wrong instanceof Problem) && !(wrong instanceof SyntaxError)) throw wrong;
      error.textContent = wrong instanceof SyntaxError ? t("device.config_no_json", { why: wrong.message })
        : wrong.code === "outdated" ? t("device.config_outdated") : wrong.message;
      error.hidden = false;
      if (wrong.code === "outdated") this.loadRevisions();
    }
  }

  press(name) {
    if (name === "restart") this.ask("device.command_restart", t("device.restart_sure"), () => this.command(name));
    else this.command(name);
  }

  ask(key, text, then) {
    $("#sure-title").textContent = t(key);
    $("#sure-text").textContent = text;
    $("#sure-ok").textContent = t(key);
    this.then = then;
    $("#sure-box").showModal();
  }

  confirmed() { this.then(); }

  async command(name) {
    const asked = await attempt(() => post(`${this.path}/commands`, { name }));
    if (!asked) return;
    await this.loadOrders();
    for (let tries = 0; tries < WATCHES && this.waiting; tries++) {
      await new Promise((done) => setTimeout(done, WATCH_MS));
      await this.loadOrders();
    }
  }

  async loadOrders() {
    const found = await attempt(() => get(`${this.path}/commands`));
    if (!found) return;
    this.waiting = found.some((one) => ["waiting", "sent"].includes(one.state));
    $("#no-orders").hidden = found.length > 0;
    sync($("#orders"), found.slice(0, 20), (one) => one.id, () => document.createElement("li"), (element, one) => {
      const badge = document.createElement("span");
      badge.className = `badge tone-${TONES[one.state]}`;
      badge.textContent = t(`device.order_${one.state}`);
      const text = document.createElement("span");
      text.textContent = `${when(one.asked_at, true)} · ${word("device", `command_${one.name}`)} · ${one.asked_by}`;
      const detail = document.createElement("small");
      detail.textContent = one.detail;
      element.replaceChildren(badge, text, detail);
    });
  }
}

const shown = (value) => (value === null || value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value));
