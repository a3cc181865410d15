// The map of the city from a file: first what it would change, then exactly that file is taken.
import { $, clone, fill, t } from "./boot.js";
import { Problem, send } from "./api.js";
import "./file-field.js";

const LISTED = ["new_districts", "gone_districts", "new_schools", "gone_schools", "moved_schools", "without_roster", "blind_accounts"];
const SHOWN = 10;

let looked = null; // the file of the dry run

function lines(change) {
  const told = [t("admin.city_sum", { districts: change.districts, schools: change.schools })];
  for (const name of LISTED) {
    const ids = change[name];
    if (ids.length) told.push(t(`admin.city_${name}`, { n: ids.length, ids: ids.slice(0, SHOWN).join(", ") + (ids.length > SHOWN ? " …" : "") }));
  }
  return told;
}

function show(told) {
  $("#city-lines").replaceChildren(...told.map((line) => {
    const element = clone("city-line");
    fill(element, { line });
    return element;
  }));
}

/** Ask with or without taking the file; true when it went well. What is wrong stands where the change would. */
async function ask(dryRun) {
  try {
    const change = await send(`/city/map?dry_run=${dryRun}`, looked);
    show(dryRun ? lines(change) : [t("admin.city_done"), ...lines(change)]);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    show(error.message.split("\n"));
    return false;
  }
}

$("#city-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  [looked] = $("#city-file").files;
  $("#city-take").hidden = !(await ask(true));
});
$("#city-file").addEventListener("change", () => { $("#city-take").hidden = true; });
$("#city-take").addEventListener("click", async () => {
  $("#city-take").hidden = true;
  await ask(false);
});
