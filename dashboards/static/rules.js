// Rules: the list of what is in force, and a draft that is checked while it is written, replayed, and put in force.
import { $, boot, clone, data, fill, setMark, sync, t, when } from "./boot.js";
import { Problem, attempt, get, post } from "./api.js";
import { kindsOf, starter } from "./rule-schema.js";
import { toast } from "./toast.js";

const CHECK_MS = 400;
const WATCH_MS = 700;
let desk = data.desk;
let checked = null;
const kinds = kindsOf(data.schema);
const text = $("#text");
const lang = boot.language;

function paint() {
  const words = $("#search").value.trim().toLowerCase();
  const found = desk.rules.filter((rule) => !words || `${rule.id} ${rule.kind} ${rule.title.zh} ${rule.title.en}`.toLowerCase().includes(words));
  sync($("#rules"), found, (rule) => rule.id, () => clone("rule"), (element, rule) => {
    setMark($(".rule-mark", element), rule.on ? rule.severity : "quiet");
    fill(element, {
      title: rule.title[lang], id: `${rule.id} · ${rule.kind} · ${t(`severity.${rule.severity}`)}`, origin: t(`rules.origin_${rule.origin}`),
      state: t(rule.on ? "rules.on" : "rules.off"), why: rule.why, basis: rule.basis,
    });
    element.classList.toggle("off", !rule.on);
  });
  $("#count").textContent = t("rules.count", { on: desk.rules.filter((rule) => rule.on).length, n: desk.rules.length });
  $("#mistake").hidden = !desk.mistake;
  if (desk.mistake) $("#mistake").textContent = t("rules.file_wrong", { line: desk.mistake.line, why: desk.mistake.problem });
  const load = desk.loads[0];
  $("#load").textContent = !load ? t("rules.no_load") : load.error ? t("rules.load_refused", { at: when(load.at), why: load.error }) : t("rules.load_taken", { at: when(load.at), n: load.rules });
  $("#file").textContent = desk.file;
  $("#no-file").hidden = Boolean(desk.file);
  $("#revision-count").textContent = String(desk.revisions.length);
  $("#no-revisions").hidden = desk.revisions.length > 0;
  sync($("#revisions"), desk.revisions, (one) => one.number, makeRevision, (element, one) => {
    fill(element, { what: `${one.number} · ${when(one.made_at)} · ${one.made_by === "file" ? t("rules.by_hand") : one.made_by}`, reason: one.reason });
  });
}

function makeRevision(one) {
  const element = clone("revision");
  $("button", element).addEventListener("click", async () => {
    const found = await attempt(() => get(`/rules/revisions/${one.number}`));
    if (!found) return;
    text.value = found.text;
    $("#reason").value = t("rules.back_to", { n: one.number });
    written();
    toast(t("rules.taken", { n: one.number }));
  });
  return element;
}

/** Line numbers beside the text; the line with the mistake is marked. */
function number(wrong = 0) {
  const count = text.value.split("\n").length;
  $("#lines").replaceChildren(...Array.from({ length: count }, (_, at) => {
    const line = document.createElement("span");
    line.textContent = `${at + 1}\n`;
    if (at + 1 === wrong) line.className = "wrong";
    return line;
  }));
  $("#lines").scrollTop = text.scrollTop;
}

let waiting = 0;
function written() {
  number(checked?.mistake?.line);
  clearTimeout(waiting);
  $("#put").disabled = true;
  waiting = setTimeout(check, CHECK_MS);
}

async function check() {
  const said = text.value;
  const found = await attempt(() => post("/rules/check", { text: said }));
  if (!found || said !== text.value) return;
  checked = found;
  const verdict = $("#verdict");
  verdict.className = `verdict ${found.mistake ? "wrong" : "right"}`;
  verdict.textContent = found.mistake ? t("rules.wrong", { line: found.mistake.line, why: found.mistake.problem }) : t("rules.right", { n: found.count, what: inWords(found.changes) });
  number(found.mistake?.line);
  $("#put").disabled = Boolean(found.mistake) || !desk.file || said === desk.text;
  $("#replay").disabled = Boolean(found.mistake);
}

function inWords(changes) {
  if (!changes.length) return t("rules.no_change");
  return changes.map((one) => `${t(`rules.${one.what}`)} ${one.rule}`).join(lang === "zh" ? "、" : ", ");
}

async function put() {
  const fresh = await attempt(() => post("/rules", { text: text.value, reason: $("#reason").value }));
  if (!fresh) return;
  desk = fresh;
  $("#reason").value = "";
  paint();
  check();
  toast(t("rules.put_done"));
}

async function replay() {
  const state = await attempt(() => post("/rules/replay", { text: text.value, days: Number($("#days").value) }));
  if (state) watch(state);
}

async function watch(state) {
  for (let now = state; ; now = await get("/rules/replay")) {
    show(now);
    if (now.state !== "running") return;
    await new Promise((done) => setTimeout(done, WATCH_MS));
  }
}

function show(now) {
  const runs = now.state === "running";
  $("#progress").hidden = !runs;
  $("#progress").value = now.share;
  $("#stop").hidden = !runs;
  $("#replay").hidden = runs;
  $("#report").hidden = now.state === "none" || runs;
  if (now.state === "done") report(now);
  else $("#report").textContent = now.state === "none" || runs ? "" : `${t(`rules.replay_${now.state}`)} ${now.detail}`;
}

function report({ report: found, days, by }) {
  const head = line("p", t("rules.report", { days, n: found.alarms, by, mean: found.per_guard_mean.toFixed(2), worst: found.per_guard_worst.toFixed(1), flood: Math.round(found.flood_minutes) }));
  const table = document.createElement("table");
  const row = (cells, kind) => { const tr = document.createElement("tr"); tr.append(...cells.map((cell) => line(kind, cell))); return tr; };
  table.append(row([t("rules.rule"), t("rules.alarms"), t("rules.also"), t("rules.precision")], "th"));
  for (const [rule, figures] of Object.entries(found.rules)) {
    table.append(row([rule, figures.alarms, figures.also_raised, figures.precision === null ? "—" : `${Math.round(figures.precision * 100)} % (${figures.judged})`], "td"));
  }
  const list = (key, alarms, words) => {
    const box = document.createElement("details");
    box.append(line("summary", t(key, { n: alarms.length })), ...alarms.slice(0, 100).map((one) => line("p", words(one))));
    return box;
  };
  $("#report").replaceChildren(head, table,
    list("rules.new", found.new, (one) => `${when(one.raised_at)} · ${one.title[lang]}`),
    list("rules.gone", found.gone, (one) => `${when(one.raised_at)} · ${one.rule} · ${one.subject}`));
}

function line(kind, words) {
  const element = document.createElement(kind);
  element.textContent = String(words);
  return element;
}

function showKind() {
  const kind = kinds[$("#kind").value];
  $("#kind-what").textContent = t("rules.keys_of", { kind: kind.kind });
  $("#kind-keys").replaceChildren(line("dt", ""), line("dd", kind.about), ...kind.keys.flatMap((one) => [
    line("dt", one.must ? `${one.key} *` : one.key), line("dd", one.about + (one.must || one.fallback === undefined ? "" : ` (${JSON.stringify(one.fallback)})`)),
  ]));
}

function insert() {
  const body = /^rules:/m.test(text.value) ? "" : "rules:\n";
  const gap = text.value && !text.value.endsWith("\n") ? "\n" : "";
  text.value += gap + body + starter(data.schema, kinds[$("#kind").value], desk.rules.length + 1);
  text.scrollTop = text.scrollHeight;
  written();
  text.focus();
}

$("#kind").append(...kinds.map((kind, at) => new Option(kind.kind, String(at))));
$("#kind").addEventListener("change", showKind);
$("#search").addEventListener("input", paint);
$("#insert").addEventListener("click", insert);
$("#reset").addEventListener("click", () => { text.value = desk.text; written(); });
$("#replay").addEventListener("click", replay);
$("#stop").addEventListener("click", () => attempt(() => post("/rules/replay/stop")));
$("#put").addEventListener("click", () => { $("#put-changes").replaceChildren(...(checked?.changes ?? []).map((one) => line("li", `${t(`rules.${one.what}`)} ${one.rule}`))); $("#put-box").showModal(); });
$("[data-close]", $("#put-box")).addEventListener("click", () => $("#put-box").close());
$("form", $("#put-box")).addEventListener("submit", put);
text.addEventListener("input", written);
text.addEventListener("scroll", () => { $("#lines").scrollTop = text.scrollTop; });
text.value = desk.text;
paint();
showKind();
check();
get("/rules/replay").then(watch).catch((error) => { if (!(error instanceof Problem)) throw error; });
