// Rules: the list of what is in force, and a draft that is checked while it is written, replayed, and put in force.
import { $, boot, clone, data, fill, setMark, sync, t, when } from "./boot.js";
import { Problem, attempt, get, post } from "./api.js";
import { line, makeDraft, showKeys } from "./draft.js";
import { kindsOf, starter } from "./rule-schema.js";
import { toast } from "./toast.js";

const WATCH_MS = 700;
let desk = data.desk;
let checked = null;
const kinds = kindsOf(data.schema);
const lang = boot.language;
const draft = makeDraft("/rules", (found) => {
  checked = found;
  $("#put").disabled = Boolean(found.mistake) || !desk.file || text.value === desk.text;
  $("#replay").disabled = Boolean(found.mistake);
  return found.mistake ? "" : t("rules.right", { n: found.count, what: inWords(found.changes) });
});
const { text } = draft;

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
  draft.paintRevisions(desk.revisions);
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
  draft.check();
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

function insert() {
  const body = /^rules:/m.test(text.value) ? "" : "rules:\n";
  const gap = text.value && !text.value.endsWith("\n") ? "\n" : "";
  text.value += gap + body + starter(data.schema, kinds[$("#kind").value], desk.rules.length + 1);
  text.scrollTop = text.scrollHeight;
  draft.written();
  text.focus();
}

const showKind = () => showKeys(kinds[$("#kind").value]);
$("#kind").append(...kinds.map((kind, at) => new Option(kind.kind, String(at))));
$("#kind").addEventListener("change", showKind);
$("#search").addEventListener("input", paint);
$("#insert").addEventListener("click", insert);
$("#reset").addEventListener("click", () => draft.take(desk.text));
$("#replay").addEventListener("click", replay);
$("#stop").addEventListener("click", () => attempt(() => post("/rules/replay/stop")));
$("#put").addEventListener("click", () => { $("#put-changes").replaceChildren(...(checked?.changes ?? []).map((one) => line("li", `${t(`rules.${one.what}`)} ${one.rule}`))); $("#put-box").showModal(); });
$("form", $("#put-box")).addEventListener("submit", put);
text.value = desk.text;
paint();
showKind();
draft.check();
get("/rules/replay").then(watch).catch((error) => { if (!(error instanceof Problem)) throw error; });
