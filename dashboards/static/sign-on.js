// People whom single sign-on sent here: who waits gets an account, who has one may lose it.
import { $, clone, data, fill, sync, t, when } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { toast } from "./toast.js";

function makeRow(row) {
  const element = clone("comer");
  const select = $("select", element);
  select.setAttribute("aria-label", t("admin.comer_account", { name: row.name }));
  $("[data-give]", element).addEventListener("click", () => { if (select.value) give(row, select.value); });
  $("[data-take]", element).addEventListener("click", () => give(row, null));
  return element;
}

function updateRow(element, row, accounts) {
  const had = accounts.find((one) => one.id === row.account);
  fill(element, { name: row.name, login: row.login, at: when(row.last_at), account: had ? `${had.name} (${had.login})` : "" });
  $("[data-waits]", element).hidden = Boolean(row.account);
  $("[data-has]", element).hidden = !row.account;
  const select = $("select", element);
  if (document.activeElement === select) return; // nobody's choice is swept away
  const chosen = select.value;
  select.replaceChildren(new Option(t("admin.comer_choose"), ""), ...accounts.map((one) => new Option(`${one.name} (${one.login})`, one.id)));
  select.value = chosen;
}

async function give(row, account) {
  const fresh = await attempt(() => post(`/sign-on/people/${row.id}`, { account }));
  if (!fresh) return;
  await paint(fresh);
  toast(t(account ? "admin.comer_given" : "admin.comer_taken", { name: row.name }));
}

async function paint(people) {
  const platform = await attempt(() => get("/platform"));
  const accounts = (platform ?? data.platform).accounts.filter((one) => !one.disabled);
  sync($("#comers"), people, (row) => row.id, makeRow, (element, row) => updateRow(element, row, accounts));
  $("#no-comers").hidden = people.length > 0;
}

if (data.comers) paint(data.comers);
