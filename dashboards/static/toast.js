// Short messages at the foot of the page, with at most one thing to do about them.
import { $, t } from "./boot.js";

const SHOWN_MS = 9000;

/** Show a message; `action` ({label, run}) adds a button. Errors stay until they are closed. */
export function toast(text, { bad = false, action = null } = {}) {
  const box = document.createElement("div");
  box.className = bad ? "toast toast-bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  const close = () => box.remove();
  if (action) box.append(button(action.label, () => { close(); action.run(); }));
  if (bad || !action) box.append(button(t("common.close"), close));
  const host = inSight($("#toasts"));
  host.append(box);
  while (host.children.length > 3) host.firstElementChild.remove();
  if (!bad) setTimeout(close, SHOWN_MS);
}

/** An open dialog lies over the page and takes every touch: the messages go into it until it closes. */
function inSight(host) {
  const over = document.querySelector("dialog:modal") ?? document.body;
  if (host.parentElement !== over) {
    over.append(host);
    if (over !== document.body) over.addEventListener("close", () => document.body.append(host), { once: true });
  }
  return host;
}

function button(label, run) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}
