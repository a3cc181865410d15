// Tokens of programs: made, shown once, revoked.
import { $, clone, data, date, fill, sync, t, when } from "./boot.js";
import { attempt, post } from "./api.js";
import { toast } from "./toast.js";

function paint(rows) {
  sync($("#tokens"), rows, (row) => row.id, makeRow, updateRow);
  $("#no-tokens").hidden = rows.length > 0;
  $("#tokens-box").hidden = rows.length === 0;
}

function makeRow(row) {
  const element = clone("token");
  $("button", element).addEventListener("click", async () => {
    const fresh = await attempt(() => post(`/tokens/${row.id}/revoke`));
    if (!fresh) return;
    paint(fresh);
    toast(t("admin.done_revoke", { login: row.name }));
  });
  return element;
}

function updateRow(element, row) {
  const expired = Date.parse(row.expires_at) <= Date.now();
  fill(element, {
    name: row.name,
    note: row.revoked_at ? t("admin.token_revoked") : expired ? t("admin.token_expired") : "",
    opens: [...row.scopes, ...row.classes].join(" "),
    until: date(row.expires_at),
    used: row.last_used_at ? when(row.last_used_at) : t("admin.token_never"),
  });
  $("button", element).hidden = Boolean(row.revoked_at) || expired;
}

async function make(event) {
  const form = new FormData(event.target);
  const classes = form.get("classes").split(/\s+/).filter(Boolean);
  const said = { name: form.get("name").trim(), scopes: form.getAll("scopes"), classes, days: Number(form.get("days")) };
  const answer = await attempt(() => post("/tokens", said));
  if (!answer) return;
  event.target.reset();
  paint(answer.tokens);
  $("#given-title").textContent = t("admin.token_given", { name: said.name });
  $("#given-note").textContent = t("admin.token_given_note");
  $("#given").textContent = answer.token;
  $("#given").classList.add("token");
  $("#given-box").showModal();
}

$("#new-token").addEventListener("click", () => $("#token-box").showModal());
$("form", $("#token-box")).addEventListener("submit", make);
$("#given-box").addEventListener("close", () => $("#given").classList.remove("token"));
paint(data.tokens);
