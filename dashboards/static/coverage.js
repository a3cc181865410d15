// The coverage map: places tinted by whether what covers them works, the blind key areas as a list beside it.
import { $, batched, boot, clone, data, fill, pick, setMark, setNow, since, sync, t } from "./boot.js";
import { get, whole } from "./api.js";
import { follow } from "./live.js";
import { Plan } from "./plan.js";

const TONES = { blind: "critical", partly: "warning", watched: "good" };
const plan = new Plan(data.plan, () => {});
let state = data.coverage;

const listed = (names) => names.join(boot.language === "zh" ? "、" : ", ");

function why(one) {
  const broken = one.watchers.filter((watcher) => watcher.trouble);
  const words = broken.map((watcher) => t(`coverage.why_${watcher.trouble}`, { name: pick(watcher, "name"), age: watcher.since ? since(watcher.since) : "" }));
  return words.length ? words.join(boot.language === "zh" ? "；" : "; ") : listed(one.watchers.map((watcher) => pick(watcher, "name")));
}

function make(one) {
  const element = clone("area");
  $("button", element).addEventListener("click", () => { plan.lookAt(one.place); plan.point(one.place); });
  $(".area-links", element).replaceChildren(...one.watchers.map((watcher) => {
    const link = document.createElement("a");
    link.href = `/devices/${encodeURIComponent(watcher.id)}`;
    link.textContent = pick(watcher, "name");
    return link;
  }));
  return element;
}

function update(element, one) {
  setMark($(".area-mark", element), TONES[one.cover]);
  fill(element, { name: plan.words(one.place) || pick(one, "name"), why: why(one), cover: t(`coverage.${one.cover}`) });
  $(".badge", element).className = `badge tone-${TONES[one.cover]}`;
}

const paint = batched(() => {
  const troubled = state.places.filter((one) => one.cover !== "watched");
  const watched = state.places.filter((one) => one.cover === "watched");
  sync($("#blind"), troubled, (one) => one.place, make, update);
  sync($("#watched"), watched, (one) => one.place, make, update);
  $("#blind-count").textContent = String(troubled.length);
  $("#no-blind").hidden = troubled.length > 0;
  $("#watched-count").textContent = String(watched.length);
  $("#bare-count").textContent = String(state.bare.length);
  $("#bare").textContent = listed(state.bare.map((id) => plan.words(id)));
  plan.tint(new Map(state.places.map((one) => [one.place, TONES[one.cover]])));
});

async function resync() {
  const [fresh, drawn] = await Promise.all([get("/coverage"), whole("/devices", "devices")]);
  state = fresh;
  setNow(Date.parse(fresh.now));
  for (const device of drawn.devices) plan.setDevice(device);
  paint();
  return fresh.seen;
}

paint();
follow({ seen: state.seen, change: () => resync(), resync });
