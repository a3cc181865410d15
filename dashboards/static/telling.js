// Who is told and how: channels with a test of each, shifts, what is set aside, what became of messages.
import { $, clone, data, fieldTime, fill, momentOf, now, pick, sync, t, when, word } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { toast } from "./toast.js";

const TONES = { done: "good", queued: "info", failed: "critical" };
const WATCH_MS = 1000;
const WATCHES = 40;
let { channels, duty } = data;
const places = new Map(data.places.map((one) => [one.id, pick(one, "name")]));

function badge(element, state) {
  $(".badge", element).className = `badge tone-${TONES[state] ?? "quiet"}`;
}

function paintChannels() {
  $("#no-channels").hidden = channels.channels.length > 0;
  sync($("#channels"), channels.channels, (one) => one.name, makeChannel, (element, one) => {
    const last = channels.tests.find((test) => test.endpoint === one.name);
    fill(element, {
      name: one.name, kind: `${one.kind} · ${t("telling.from_severity", { severity: t(`severity.${one.min_severity}`) })}`,
      state: last ? t(`telling.test_${last.state}`) : "", detail: last ? `${when(last.asked_at)} ${last.detail}` : t("telling.never_tested"),
    });
    badge(element, last?.state);
  });
}

function makeChannel(one) {
  const element = clone("channel");
  $("button", element).addEventListener("click", () => test(one.name));
  return element;
}

async function test(name) {
  if (!(await attempt(() => post(`/channels/${encodeURIComponent(name)}/test`)))) return;
  toast(t("telling.test_asked"));
  for (let tries = 0; tries < WATCHES; tries++) {
    const fresh = await attempt(() => get("/channels"));
    if (!fresh) return;
    channels = fresh;
    paintChannels();
    if (!channels.tests.some((one) => one.endpoint === name && one.state === "queued")) return;
    await new Promise((done) => setTimeout(done, WATCH_MS));
  }
}

function paintDuty() {
  $("#no-shifts").hidden = duty.shifts.length > 0;
  sync($("#shifts"), duty.shifts, (one) => one.id, (one) => {
    const element = clone("shift");
    $("button", element).addEventListener("click", async () => {
      const fresh = await attempt(() => post(`/shifts/${one.id}/cancel`));
      if (fresh) { duty = fresh; paintDuty(); }
    });
    return element;
  }, (element, one) => fill(element, {
    who: one.who, when: `${when(one.starts)} – ${when(one.ends)}`, post: one.post ? (places.get(one.post) ?? one.post) : t("telling.whole_school"),
    now: one.now ? t("telling.on_now") : "",
  }));
}

function paintRest() {
  $("#no-aside").hidden = data.log.aside.length > 0;
  sync($("#aside"), data.log.aside, (one) => one.id, () => clone("aside-row"), (element, one) => fill(element, {
    kind: t(`telling.aside_${one.kind}`), about: one.about, until: one.until ? t("telling.until", { time: when(one.until) }) : t("telling.until_back"),
    reason: [one.reason, one.by].filter(Boolean).join(" · "),
  }));
  $("#no-log").hidden = data.log.deliveries.length > 0;
  $("#access-box").hidden = data.log.deliveries.length === 0;
  sync($("#log"), data.log.deliveries.map((one, at) => ({ ...one, at })), (one) => one.at, () => clone("sent"), (element, one) => {
    fill(element, { at: when(one.created_at, true), channel: one.endpoint, rule: one.rule, state: word("telling.sent", one.state) + (one.attempts > 1 ? ` ×${one.attempts}` : ""), last: one.last });
    badge(element, one.state);
  });
}

async function plan() {
  const starts = momentOf($("#shift-starts").value);
  const ends = starts + Number($("#shift-hours").value) * 3600000;
  const said = { account: $("#shift-who").value, starts: new Date(starts).toISOString(), ends: new Date(ends).toISOString() };
  if ($("#shift-post").value) said.post = $("#shift-post").value;
  const fresh = await attempt(() => post("/shifts", said));
  if (!fresh) return;
  duty = fresh;
  paintDuty();
}

$("#shift-who").append(...duty.guards.map((one) => new Option(one.name, one.id)));
$("#shift-post").append(...[...places].map(([id, name]) => new Option(name, id)));
$("#new-shift").addEventListener("click", () => {
  $("#shift-starts").value = fieldTime(now());
  $("#shift-box").showModal();
});
$("[data-close]", $("#shift-box")).addEventListener("click", () => $("#shift-box").close());
$("form", $("#shift-box")).addEventListener("submit", plan);
paintChannels();
paintDuty();
paintRest();
