// The platform's vital signs on the administrator's page: what is bad stands first and says what to do.
import { $, clone, data, fill, setMark, since, sync, t } from "./boot.js";
import { Problem, get } from "./api.js";

const REREAD_MS = 15000;
const TONES = { ok: "good", watch: "warning", bad: "critical" };

function says(row) {
  const figure = row.figure === null ? "" : t(`vital.unit_${row.sign === "backup" ? "ago" : row.unit}`, { n: row.figure });
  const waits = ["spool", "outbox"].includes(row.sign) && row.figure > 0;
  const age = row.since && (waits || figure === "") ? t("vital.since", { time: since(row.since) }) : "";
  return [figure, age].filter(Boolean).join(", ") || (row.state === "ok" ? t("vital.state_ok") : "");
}

function update(element, row) {
  setMark($(".beat-mark", element), TONES[row.state]);
  const word = row.state === "ok" ? "" : t(`vital.state_${row.state}`);
  fill(element, {
    what: row.of ? `${t(`vital.${row.sign}`)} ${row.of}` : t(`vital.${row.sign}`), state: word, says: says(row),
    fix: row.state === "ok" ? "" : t(`vital.${row.sign}_do`),
  });
}

function paint(rows) {
  sync($("#vitals"), rows, (row) => `${row.sign} ${row.of}`, () => clone("vital"), update);
}

paint(data.vitals);
setInterval(() => {
  if (document.hidden) return;
  get("/platform/health").then(paint).catch((error) => { if (!(error instanceof Problem)) throw error; });
}, REREAD_MS);
