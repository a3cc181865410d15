// Keeps the city's page fresh: what the server wrote is written anew when something changed in one of its schools.
import { $, data } from "./boot.js";
import { follow } from "./live.js";

const REREAD_MS = 15000;
const ALARM_MS = 3000; // an alarm does not wait so long

let due = 0; // when to read again; 0: nothing changed
let reading = false;

/** Put the fresh page in the place of the old one; the focus, the scroll of the list and the place stay. */
function replace(fresh) {
  const old = $("#city");
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const top = $(".needs").scrollTop;
  old.replaceWith(fresh);
  $(".needs").scrollTop = top;
  if (focused !== null) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function reread() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(`the page answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  replace(document.adoptNode(page.getElementById("city")));
  return JSON.parse(page.getElementById("data").textContent).seen;
}

setInterval(async () => {
  if (!due || reading || document.hidden || Date.now() < due) return;
  reading = true;
  due = 0;
  try {
    await reread();
  } catch {
    due = Date.now() + REREAD_MS; // the bar of the lost connection says the rest
  } finally {
    reading = false;
  }
}, 500);

function change(message) {
  const by = Date.now() + (message.topic === "alarm" ? ALARM_MS : REREAD_MS);
  due = due ? Math.min(due, by) : by;
}

follow({ page: "city", seen: data.seen, change, resync: reread });
