// Who is on site, in numbers: how many, how sure that is, and where they were last seen.
import { $, batched, boot, clone, data, fill, pick, setNow, sync, t } from "./boot.js";
import { get } from "./api.js";
import { follow, rereading } from "./live.js";

const REREAD_MS = 5000;
let view = data;

function figures() {
  return [
    { key: "inside", n: view.total.inside, label: t("site.inside") },
    { key: "outside", n: view.total.outside, label: t("site.outside") },
    { key: "unknown", n: view.total.unknown, label: t("site.unknown"), note: view.total.unknown ? t("onsite.unknown_note") : "", tone: view.total.unknown ? "unknown" : "" },
  ];
}

function updateFigure(element, row) {
  element.className = row.tone ? `tone-${row.tone}` : "";
  fill(element, { n: row.n, label: row.label, note: row.note ?? "" });
}

/** What makes the number unsure, a sentence each. */
function reasons(bounds) {
  if (!bounds) return [];
  const gates = view.uncounted.map((gate) => pick(gate, "name")).join(boot.language === "zh" ? "、" : ", ");
  return [
    bounds.without_card_in && t("onsite.without_card_in", { n: bounds.without_card_in }),
    bounds.without_card_out && t("onsite.without_card_out", { n: bounds.without_card_out }),
    view.total.unknown && t("onsite.counted_unknown", { n: view.total.unknown }),
    gates && t("onsite.uncounted", { gates }),
  ].filter(Boolean);
}

function lineOf(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

function updateRow(element, row) {
  element.className = row.unknown ? "unsure" : "";
  for (const slot of element.querySelectorAll("[data-slot]")) slot.textContent = row[slot.dataset.slot];
}

const paint = batched(() => {
  sync($("#figures"), figures(), (row) => row.key, () => clone("figure"), updateFigure);
  $("#bounds").textContent = view.bounds ? t("onsite.between", { least: view.bounds.at_least, most: view.bounds.at_most }) : t("onsite.no_counters");
  $("#reasons").replaceChildren(...reasons(view.bounds).map(lineOf));
  sync($("#classes"), view.classes, (row) => row.class_id, () => clone("class-row"), updateRow);
  sync($("#buildings"), view.buildings, (row) => row.building, () => clone("count"), (element, row) => fill(element, { name: row.building ? pick(row, "name") : t("onsite.grounds"), n: row.students }));
  sync($("#dormitories"), view.dormitories.map((row) => ({ ...row, title: pick(row, "name") })), (row) => row.place, () => clone("dormitory-row"), updateRow);
  $("#no-classes").hidden = view.classes.length > 0;
  $("#dormitory-panel").hidden = view.dormitories.length === 0;
});

async function resync() {
  view = await get("/on-site/now");
  setNow(Date.parse(view.now));
  paint();
  return view.seen;
}

const { stale } = rereading(resync, REREAD_MS);

paint();
follow({ seen: view.seen, change: stale, resync });
