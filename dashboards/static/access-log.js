// The access log: the newest looks by themselves, or what a form asks for, page by page.
import { $, clone, data, fill, startOfDay, sync, t, word, when } from "./boot.js";
import { attempt, page } from "./api.js";

const form = $("#log-filter");
const PAGE = 50;
let rows = [];
let next = null; // where the page after these begins
let asked = false; // a form's answer stands until it is cleared, and is not replaced by what is new

/** The newest looks, as they come in. */
export function freshLooks(looks) {
  if (!asked) show(looks, null);
}

function show(found, following) {
  rows = found;
  next = following;
  sync($("#access"), rows, (row) => row.id, () => clone("look"), (element, row) =>
    fill(element, { at: when(row.at, true), who: `${row.login} (${t(`role.${row.role}`)})`, what: word("access", row.action), subject: row.subject }));
  $("#no-access").hidden = rows.length > 0;
  $("#no-access").textContent = t(asked ? "admin.log_none" : "admin.access_none");
  $("#access-box").hidden = rows.length === 0;
  $("#log-more").hidden = !next;
}

/** What the form says, as the interface takes it. */
function query() {
  const said = new FormData(form);
  const found = new URLSearchParams();
  for (const name of ["login", "subject", "action"]) if (said.get(name).trim()) found.set(name, said.get(name).trim());
  if (said.get("since")) found.set("since", startOfDay(said.get("since")));
  if (said.get("until")) found.set("until", startOfDay(said.get("until"), 1)); // the whole of that day
  return found;
}

async function search(event) {
  event?.preventDefault();
  const wanted = query();
  $("#log-file").href = `/api/v1/access-log/table.csv?${wanted}`;
  wanted.set("limit", PAGE);
  const found = await attempt(() => page(`/access-log?${wanted}`));
  if (!found) return;
  asked = true;
  show(found.rows, found.next);
}

async function more() {
  const found = await attempt(() => page(next));
  if (found) show([...rows, ...found.rows], found.next);
}

function clear() {
  asked = false;
  $("#log-file").href = "/api/v1/access-log/table.csv";
  show(data.platform.access, null); // until the next reading of the platform
}

form.addEventListener("submit", search);
form.addEventListener("reset", clear);
$("#log-more").addEventListener("click", more);
$("#log-logins").replaceChildren(...data.platform.accounts.map((one) => new Option(one.name, one.login)));
