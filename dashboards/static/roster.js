// Rosters: look at what an export would change, then take exactly that file.
import { $, clone, data, fill, sync, t, when, word } from "./boot.js";
import { Problem, get, send } from "./api.js";
import { toast } from "./toast.js";
import "./file-field.js";

const TONES = { done: "good", unchanged: "quiet", refused: "critical", failed: "critical", running: "info" };
let looked = null;
let imports = data.imports;

function paint() {
  $("#no-imports").hidden = imports.length > 0;
  sync($("#imports"), imports.map((one, at) => ({ ...one, at })), (one) => one.at, () => clone("entry"), (element, one) => {
    const changed = Object.entries(one.counts).filter(([, counts]) => counts.some(Boolean)).map(([kind, [added, other, gone]]) => `${word("roster.kinds", kind)} +${added} ~${other} −${gone}`);
    fill(element, { state: t(`roster.state_${one.state}`), source: one.source, what: changed.join(" · "), reason: one.reason, at: when(one.began_at) });
    $(".badge", element).className = `badge tone-${TONES[one.state]}`;
  });
}

/** Show how far it is until the returned function is called: reading, checking, comparing, applying. */
function watched() {
  let ended = false;
  const show = (step) => {
    $("#phase").textContent = t(step.phase ? `roster.phase_${step.phase}` : "roster.phase_sending", step);
    if (step.of) $("#bar").value = step.done / step.of;
    else $("#bar").removeAttribute("value");
  };
  const ask = async () => {
    const step = await get("/roster/progress").catch((error) => { if (!(error instanceof Problem)) throw error; return {}; });
    if (ended) return;
    show(step);
    setTimeout(ask, 500);
  };
  show({});
  $("#progress").hidden = false;
  setTimeout(ask, 300);
  return () => { ended = true; $("#progress").hidden = true; };
}

/** Do something with the chosen file; what is wrong with it stands below, line by line. */
async function tried(path, button) {
  $("#wrong").hidden = true;
  button.disabled = true;
  const done = watched();
  try {
    return await send(path, $("#file").files[0]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    $("#wrong").textContent = error.message;
    $("#wrong").hidden = false;
    return null;
  } finally {
    button.disabled = false;
    done();
  }
}

async function look(event) {
  event.preventDefault();
  looked = await tried("/roster/dry-run", $("#look-now"));
  $("#report").hidden = !looked;
  if (!looked) return;
  const { report } = looked;
  const all = Object.values(report.counts).flat();
  $("#sum").textContent = all.some(Boolean) ? t("roster.would", { n: report.students }) : t("roster.same", { n: report.students });
  $("#counts").replaceChildren(...Object.entries(report.counts).map(([kind, counts]) => {
    const row = document.createElement("tr");
    row.append(...[word("roster.kinds", kind), ...counts].map((value, at) => {
      const cell = document.createElement("td");
      cell.textContent = String(value);
      if (at) cell.className = "number";
      return cell;
    }));
    return row;
  }));
  $("#samples").replaceChildren(...report.samples.map((line) => { const item = document.createElement("li"); item.textContent = line; return item; }));
  $("#take").hidden = !all.some(Boolean);
}

async function take() {
  const query = new URLSearchParams({ digest: looked.digest, confirm: String($("#many").checked) });
  const done = await tried(`/roster/import?${query}`, $("#take"));
  imports = (await get("/roster/imports")).imports;
  paint();
  if (!done) return;
  $("#report").hidden = true;
  $("#look").reset();
  toast(t("roster.taken"));
}

$("#look").addEventListener("submit", look);
$("#file").addEventListener("change", () => { $("#report").hidden = true; $("#wrong").hidden = true; });
$("#take").addEventListener("click", take);
paint();
