// The panel behind the "?": what this page is for, from the same guides people read elsewhere.
import { $, boot } from "./boot.js";
import { onKeys } from "./keys.js";

const box = $("#help");

async function open() {
  if (box.open) return;
  box.showModal();
  const text = $("#help-body");
  if (text.childElementCount) return;
  const answer = await fetch(`/help/${encodeURIComponent(boot.page)}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  text.replaceChildren(...(page.querySelector("#help-text")?.childNodes ?? []));
}

if (box) {
  $("#help-open").addEventListener("click", open);
  $("#help-close").addEventListener("click", () => box.close());
  onKeys({ "?": open });
}
