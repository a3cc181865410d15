// A change of configuration for many agents: chosen by place and kind, tried dry, then brought to one, ten, all.
import { $, batched, clone, data, fill, pick, sync, t, word } from "./boot.js";
import { Problem, post } from "./api.js";
import { Campaigns, plan } from "./campaigns.js";
import { toast } from "./toast.js";

const list = new Campaigns("/roll-outs", data, batched(paint), sure);
const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));

function paint() {
  list.show();
  $("#new").disabled = list.view.agents.length === 0;
}

/** Whether somebody who takes one back means it. */
async function sure(what) {
  if (what !== "back") return true;
  const box = $("#back-box");
  box.returnValue = "";
  box.showModal();
  return new Promise((done) => {
    $("#back-ok").onclick = () => done(true);
    box.onclose = () => done(false);
  });
}

/** The places that an agent lies in, from its own outwards. */
function around(agent) {
  const found = [];
  for (let id = agent.place; id && !found.includes(id); id = list.view.places.find((one) => one.id === id)?.parent) found.push(id);
  return found;
}

function choices() {
  const within = new Set(list.view.agents.flatMap(around));
  const kinds = [...new Set(list.view.agents.flatMap((one) => one.kinds))].sort();
  const all = () => new Option(t("rollout.every"), "");
  $("#n-place").replaceChildren(all(), ...list.view.places.filter((one) => within.has(one.id)).map((one) => new Option(pick(one, "name"), one.id)));
  $("#n-kind").replaceChildren(all(), ...kinds.map((kind) => new Option(word("kind", kind), kind)));
}

/** The agents at the place and with the kind that were chosen, all of them ticked. */
function offer() {
  const [place, kind] = [$("#n-place").value, $("#n-kind").value];
  const fit = list.view.agents.filter((one) => (!place || around(one).includes(place)) && (!kind || one.kinds.includes(kind)));
  list.offer(fit, () => true, (one) => (one.revision ? t("rollout.revision", { n: one.revision }) : t("rollout.no_revision")));
  if (fit.length === 0) $("#n-agents").textContent = t("rollout.no_agents");
  stale();
}

/** What was tried is no longer what would be sent. */
function stale() {
  $("#effects-part").hidden = true;
  $("#begin").disabled = true;
}

function object(text) {
  $("#new-wrong").textContent = text;
  $("#new-wrong").hidden = !text;
}

/** The change and to whom, as it stands in the dialogue; null with the reason told when it is none. */
function said() {
  object("");
  const form = plan(new FormData($("#new-form")));
  if (form.devices.length === 0) return object(t("campaign.choose")), null;
  try {
    return { ...form, settings: JSON.parse($("#n-settings").value), note: $("#n-note").value };
  } catch (error) {
    return object(t("rollout.no_json", { why: error.message })), null;
  }
}

/** Ask with what is said, a refusal told in the dialogue itself. */
async function asked(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    object(error.message);
    return null;
  }
}

function effect(element, one) {
  const had = one.revision ? t("rollout.revision", { n: one.revision }) : t("rollout.no_revision");
  fill(element, { name: list.named(one.device), had: one.changes.length ? had : t("rollout.effect_none") });
  $("table", element).hidden = one.changes.length === 0;
  $("tbody", element).replaceChildren(...one.changes.map((change) => {
    const row = document.createElement("tr");
    row.append(...[change.path || "–", shown(change.old), shown(change.new)].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

$("#new").addEventListener("click", () => {
  $("#new-form").reset();
  $("#n-settings").value = "{\n  \n}";
  object("");
  choices();
  offer();
  $("#new-box").showModal();
});
for (const id of ["#n-place", "#n-kind"]) $(id).addEventListener("change", offer);
for (const id of ["#n-agents", "#n-settings"]) $(id).addEventListener("input", stale);
$("#try").addEventListener("click", async () => {
  const { settings, devices } = said() ?? {};
  const found = settings && await asked(() => post("/roll-outs/dry-run", { settings, devices }));
  if (!found) return stale();
  const changed = found.filter((one) => one.changes.length > 0).length;
  sync($("#effects"), found, (one) => one.device, () => clone("effect"), effect);
  $("#effect-sum").textContent = t("rollout.effect_sum", { n: changed, same: found.length - changed });
  $("#effects-part").hidden = false;
  $("#begin").disabled = changed === 0;
  return $("#begin").scrollIntoView({ block: "nearest" });
});
$("#new-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const change = said();
  const fresh = change && await asked(() => post("/roll-outs/campaigns", change));
  if (!fresh) return;
  list.view = fresh;
  toast(t("campaign.began"));
  $("#new-box").close();
  list.paint();
});
list.paint();
