// A draft of rules or routes: line numbers beside it, judged while it is written, and the texts that were before.
import { $, clone, fill, sync, t, when } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { toast } from "./toast.js";

const CHECK_MS = 400;

/** An element with words in it. */
export function line(kind, words) {
  const element = document.createElement(kind);
  element.textContent = String(words);
  return element;
}

/** The editor of a page whose interface begins with `path`; `right(found)` paints a check without mistake and says it. */
export function makeDraft(path, right) {
  const text = $("#text");
  let wrong = 0;
  let waiting = 0;

  /** Line numbers beside the text; the line with the mistake is marked. */
  function number() {
    const count = text.value.split("\n").length;
    $("#lines").replaceChildren(...Array.from({ length: count }, (_, at) => {
      const one = line("span", `${at + 1}\n`);
      if (at + 1 === wrong) one.className = "wrong";
      return one;
    }));
    $("#lines").scrollTop = text.scrollTop;
  }

  function written() {
    number();
    clearTimeout(waiting);
    $("#put").disabled = true;
    waiting = setTimeout(check, CHECK_MS);
  }

  async function check() {
    const said = text.value;
    const found = await attempt(() => post(`${path}/check`, { text: said }));
    if (!found || said !== text.value) return;
    wrong = found.mistake?.line ?? 0;
    const verdict = $("#verdict");
    verdict.className = `verdict ${wrong ? "wrong" : "right"}`;
    const sentence = right(found);
    verdict.textContent = wrong ? t("draft.wrong", { line: wrong, why: found.mistake.problem }) : sentence;
    number();
  }

  /** Take a text into the draft. */
  function take(value) {
    text.value = value;
    written();
  }

  async function bring(one) {
    const found = await attempt(() => get(`${path}/revisions/${one.number}`));
    if (!found) return;
    take(found.text);
    $("#reason").value = t("draft.back_to", { n: one.number });
    toast(t("draft.taken", { n: one.number }));
  }

  /** The list of revisions, each with its way back. */
  function paintRevisions(revisions) {
    $("#revision-count").textContent = String(revisions.length);
    $("#no-revisions").hidden = revisions.length > 0;
    const make = (one) => {
      const element = clone("revision");
      $("button", element).addEventListener("click", () => bring(one));
      return element;
    };
    sync($("#revisions"), revisions, (one) => one.number, make, (element, one) => {
      fill(element, { what: `${one.number} · ${when(one.made_at)} · ${one.made_by === "file" ? t("draft.by_hand") : one.made_by}`, reason: one.made_by === "file" ? "" : one.reason });
    });
  }

  text.addEventListener("input", written);
  text.addEventListener("scroll", () => { $("#lines").scrollTop = text.scrollTop; });
  $("[data-close]", $("#put-box")).addEventListener("click", () => $("#put-box").close());
  return { text, take, written, check, paintRevisions };
}

/** What a choice of the schema is made of: its keys with what they mean. */
export function showKeys(kind) {
  $("#kind-what").textContent = t("draft.keys_of", { kind: kind.kind });
  $("#kind-keys").replaceChildren(line("dt", ""), line("dd", kind.about), ...kind.keys.flatMap((one) => [
    line("dt", one.must ? `${one.key} *` : one.key), line("dd", one.about + (one.must || one.fallback === undefined ? "" : ` (${JSON.stringify(one.fallback)})`)),
  ]));
}
