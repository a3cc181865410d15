// Routes: who is told of which alarm as a table, a draft judged while it is written and tried, and put in force.
import { $, boot, clone, data, fieldTime, fill, momentOf, now, t, when } from "./boot.js";
import { Problem, attempt, get, post, tagged } from "./api.js";
import { line, makeDraft, showKeys } from "./draft.js";
import { keysOf } from "./rule-schema.js";
import { toast } from "./toast.js";

const lang = boot.language;
const SEVERITIES = ["critical", "major", "warning", "info"];
const STARTERS = {
  route: ["- name: new-route", "  severities: [critical]", "  levels:", "    - {after_s: 0, to: [guard], by: []}"],
  level: ["- {after_s: 300, to: [head], by: []}"],
  schedule: ["when: {hours: \"22:00-06:00\"}"],
};
const kinds = Object.entries({ route: "Route", level: "Level", schedule: "Schedule" }).map(([part, name]) => {
  const shape = data.schema.$defs[name];
  return { part, kind: t(`routes.kind_${part}`), about: shape.description.split("\n")[0], keys: keysOf(shape) };
});
const places = new Map(data.places.map((one) => [one.id, one[lang] || one.zh]));
/** A rule's title without the places where a real alarm says what it is about. */
const plain = (title) => title[lang].replace(/\s*[（(][^（()）]*\{[^（()）]*[)）]/g, "").replace(/\s*[：:]?\s*(\b(in|of|at) )?\{\w+\}/g, "").trim();
const rules = new Map(data.rules.map((one) => [one.id, plain(one.title)]));
let { desk, tag, judged } = data;
let drafted = judged;

const draft = makeDraft("/routes", (found) => {
  const same = text.value === desk.text;
  drafted = found.judged ?? { rows: [], gaps: [] };
  $("#put").disabled = Boolean(found.mistake) || same;
  $("#draft-box").hidden = same || Boolean(found.mistake);
  paintGaps($("#draft-gaps"), same ? [] : drafted.gaps);
  paintTable($("#draft-table"), drafted.rows);
  return t(same ? "routes.same" : "routes.right");
});
const { text } = draft;

const listed = (words) => words.join(lang === "zh" ? "、" : ", ");
const named = (prefix, codes) => listed(codes.map((code) => t(`${prefix}${code}`)));

/** So many seconds in words. */
function span(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60 || (whole < 3600 && whole % 60)) return t("common.seconds", { n: whole });
  if (whole < 3600) return t("common.minutes", { n: whole / 60 });
  return t("common.hours", { n: Math.floor(whole / 3600), m: Math.round((whole % 3600) / 60) });
}
const after = (seconds) => (seconds ? t("routes.after_time", { time: span(seconds) }) : t("routes.at_once"));

function schedule(when) {
  return listed([...when.days.map((one) => t(`routes.day_${one}`)), ...when.parts.map((one) => t(`routes.part_${one}`)), ...(when.hours ? [when.hours.replace("-", "–")] : [])]);
}

/** Everything that must fit, apart from severity. */
function conditions(row) {
  return [
    row.rules.length && listed(row.rules.map((one) => rules.get(one) ?? one)),
    row.places.length && listed(row.places.map((one) => places.get(one) ?? one)),
    row.devices.length && named("kind.", row.devices),
    ...row.when.map(schedule),
    row.schools.length && t("routes.at_school", { names: listed(row.schools) }),
  ].filter(Boolean);
}

/** The heading of a route: which alarms it takes. */
function takes(row, at) {
  const head = document.createElement("th");
  head.scope = "rowgroup";
  head.colSpan = 3;
  const some = row.severities.filter((one) => row.lands.includes(one));
  for (const one of some) {
    const badge = line("span", t(`severity.${one}`));
    badge.className = `badge tone-${one}`;
    head.append(badge);
  }
  const words = conditions(row);
  const rest = some.length ? "" : t(at ? "routes.other" : "routes.any");
  head.append(!row.lands.length ? t("routes.no_landing") : words.join(" · ") || rest, line("small", row.route));
  return head;
}

function tableRow(...cells) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell) => (cell instanceof Node ? cell : line("td", cell))));
  return made;
}

function paintTable(table, rows) {
  const found = rows.filter((row) => row.lands.length || !row.inner);
  table.replaceChildren(table.tHead, ...found.map((row, at) => {
    const body = document.createElement("tbody");
    body.append(tableRow(takes(row, at)));
    for (const level of row.levels) {
      body.append(tableRow(after(level.after_s), named("routes.who_", level.to) || t("routes.nobody_asked"), listed(level.by) || t("routes.every")));
    }
    if (!row.remind_every_s) return body;
    const cell = line("td", t("routes.remind", { time: span(row.remind_every_s), n: row.remind_times }));
    cell.colSpan = 3;
    cell.className = "small";
    body.append(tableRow(cell));
    return body;
  }));
}

function sentence(gap) {
  const what = gap.kind === "no_person" ? t(`routes.who_${gap.what}`) : gap.what;
  const kind = gap.kind === "no_endpoint" && !gap.route ? "stand_in" : gap.kind;
  return t(`routes.gap_${kind}`, { route: gap.route, level: gap.level + 1, what, severities: named("severity.", gap.severities) });
}

function paintGaps(list, gaps, praise = false) {
  list.replaceChildren(...gaps.map((gap) => line("li", sentence(gap))));
  if (gaps.length || !praise) return;
  list.append(line("li", t("routes.no_gaps")));
  list.lastElementChild.className = "right";
}

function paint() {
  $("#origin").textContent = t(`routes.origin_${desk.origin}`, { n: desk.number, file: desk.file.split("/").at(-1) });
  $("#mistake").hidden = !desk.mistake;
  if (desk.mistake) $("#mistake").textContent = t("routes.mistake", { line: desk.mistake.line, why: desk.mistake.problem });
  paintGaps($("#gaps"), judged.gaps, !desk.mistake);
  paintTable($("#table"), judged.rows);
  const others = Object.entries(judged.stand_ins);
  $("#stand-ins").hidden = !others.length;
  $("#stand-ins").replaceChildren(...others.map(([channel, other]) => line("li", t("routes.stand_in", { channel, other }))));
  draft.paintRevisions(desk.revisions);
}

/** Take what is in force now; the draft stays. */
async function refresh(found) {
  ({ value: desk, tag } = found);
  judged = (await attempt(() => get("/routes/table"))) ?? judged;
  paint();
  await draft.check();
}

async function put() {
  try {
    const found = await tagged("/routes", { text: text.value, reason: $("#reason").value }, tag);
    $("#reason").value = "";
    $("#overtaken").hidden = true;
    await refresh(found);
    toast(t("routes.put_done", { n: desk.number }));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "outdated") { await attempt(() => { throw error; }); return; }
    const found = await attempt(() => tagged("/routes"));
    if (!found) return;
    await refresh(found);
    $("#overtaken").textContent = t("routes.overtaken", { n: desk.number, who: desk.revisions[0]?.made_by ?? "" });
    $("#overtaken").hidden = false;
  }
}

function insert() {
  const { part } = kinds[Number($("#kind").value)];
  const lines = text.value.split("\n");
  const at = text.value.slice(0, text.selectionStart).split("\n").length - 1;
  const indent = lines[at].match(/^ */)[0];
  lines.splice(at + 1, 0, ...STARTERS[part].map((one) => indent + one));
  draft.take(lines.join("\n"));
  text.focus();
}

async function ask(event) {
  event.preventDefault();
  const alarm = { rule: $("#rule").value, severity: $("#severity").value, at: new Date(momentOf($("#at").value)).toISOString() };
  for (const [key, field] of [["place", "#place"], ["class_id", "#class"], ["device_kind", "#device"]]) if ($(field).value) alarm[key] = $(field).value;
  const found = await attempt(() => post("/routes/trial", { text: text.value, alarm }));
  if (!found) return;
  $("#stops").hidden = found.steps.length < 2;
  $("#steps").replaceChildren(...found.steps.map((step) => {
    const element = clone("step");
    const whys = [...new Set(step.people.map((one) => one.why))].map((why) => t(`routes.why_${why}`));
    fill(element, {
      at: step.after_s % 60 ? when(step.at, true) : when(step.at), after: step.after_s ? after(step.after_s) : t("routes.at_once"),
      what: t(`routes.step_${step.action}`, { n: step.level + 1 }), route: t("routes.by_route", { route: step.route }),
      who: listed(step.people.map((one) => one.name)) || t("routes.no_one"), why: listed(whys),
      by: listed(step.channels) || t("routes.reaches_nobody"),
    });
    if (!step.channels.length) $("[data-slot=by]", element).className = "badge tone-critical";
    return element;
  }));
}

function ready() {
  $("#channels").textContent = listed(data.channels.map((one) => `${one.name} (${t(`severity.${one.min_severity}`)})`)) || t("routes.no_channels");
  $("#kind").append(...kinds.map((one, at) => new Option(one.kind, String(at))));
  $("#rule").append(...data.rules.map((one) => new Option(`${plain(one.title)} · ${one.id}`, one.id)));
  $("#severity").append(...SEVERITIES.map((one) => new Option(t(`severity.${one}`), one)));
  $("#place").append(...[...places].map(([id, name]) => new Option(name, id)));
  $("#class").append(...data.classes.map((one) => new Option(one.name, one.id)));
  $("#device").append(...keysOf(data.schema.$defs.Route).find((one) => one.key === "devices").shape.items.enum.map((one) => new Option(t(`kind.${one}`), one)));
  $("#at").value = fieldTime(now());
  suit();
  showKeys(kinds[0]);
  draft.take(desk.text);
  paint();
  draft.check();
}

/** The severity that the rule has by itself. */
function suit() {
  $("#severity").value = data.rules.find((one) => one.id === $("#rule").value)?.severity ?? "critical";
}

$("#kind").addEventListener("change", () => showKeys(kinds[Number($("#kind").value)]));
$("#rule").addEventListener("change", suit);
$("#insert").addEventListener("click", insert);
$("#reset").addEventListener("click", () => draft.take(desk.text));
$("#trial").addEventListener("submit", ask);
$("#put").addEventListener("click", () => { paintGaps($("#put-gaps"), drafted.gaps); $("#put-box").showModal(); });
$("form", $("#put-box")).addEventListener("submit", put);
ready();
