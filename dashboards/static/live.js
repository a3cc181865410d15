// The page's one WebSocket: reconnects by itself, catches up by the last change seen, and says aloud when it is lost.
import { $, boot, setNow, t } from "./boot.js";
import { Problem } from "./api.js";

const SILENT_MS = 12000; // the server pings every five seconds
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const SESSION_ENDED = 4401;
const NOT_YOURS = 4403;
const RIGHTS_CHANGED = 4409;

/**
 * Follow the page's changes after `seen`.
 * `change(message)` takes one change; `resync()` fetches a fresh snapshot and resolves to the id it was made at.
 */
export function follow({ seen, page = boot.page, classId = "", school = "", change, resync, beat = () => {} }) {
  let socket = null;
  let waits = 0;
  let watchdog = 0;
  let lostAt = 0;
  let syncing = null; // changes that arrive while a snapshot is on its way

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ page, after: String(seen), class_id: classId, school });
    socket = new WebSocket(`${scheme}://${location.host}/live?${query}`);
    socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => closed(event.code));
    watch();
  }

  function take(message) {
    watch();
    waits = 0;
    if (message.now) setNow(message.now);
    if (message.type === "ping") {
      state(message.fresh ? "live" : "stale");
      beat(message);
    } else if (message.type === "resync") {
      startAgain();
    } else if (syncing) {
      syncing.push(message);
    } else if (message.id > seen) {
      seen = message.id;
      change(message);
    }
  }

  async function startAgain() {
    if (syncing) return;
    syncing = [];
    try {
      seen = await resync();
    } catch {
      syncing = null;
      socket.close();
      return;
    }
    const waiting = syncing;
    syncing = null;
    waiting.forEach(take);
  }

  function closed(code) {
    clearTimeout(watchdog);
    if (code === SESSION_ENDED) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    if (code === RIGHTS_CHANGED) {
      location.reload(); // the server decides what this page is now, and whether it is one's own
      return;
    }
    state("lost");
    if (code === NOT_YOURS) return;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** waits++, LONGEST_WAIT_MS);
    setTimeout(open, wait * (0.5 + Math.random() / 2));
  }

  function watch() {
    clearTimeout(watchdog);
    // A connection that says nothing is as lost as one that is closed; close() alone may wait for a dead peer.
    watchdog = setTimeout(() => { state("lost"); socket.close(); }, SILENT_MS);
  }

  function state(name) {
    const dot = $("#live-state");
    dot.dataset.state = name === "stale" ? "lost" : name;
    $(".live-word", dot).textContent = t(`live.${name}`);
    const bar = $("#lost");
    const bad = name !== "live";
    if (bad && bar.hidden) lostAt = Date.now();
    bar.hidden = !bad;
    document.body.classList.toggle("stale", bad);
    if (bad) tell(name);
  }

  function tell(name) {
    const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" }).format(lostAt);
    $("[data-lost-text]").textContent = t(`live.bar_${name}`, { time });
  }

  // Leaving the page is not a lost connection.
  addEventListener("pagehide", () => { clearTimeout(watchdog); socket.onclose = null; });
  addEventListener("online", () => { if (socket.readyState === WebSocket.CLOSED) open(); });
  open();
}

/**
 * For pages of numbers: a change makes them stale, and they are read again every `ms` at most.
 * Returns `stale()` to say so, and `reread()` for what does not wait.
 */
export function rereading(resync, ms) {
  let old = false;
  async function reread() {
    if (!old || document.hidden) return;
    old = false;
    try {
      await resync();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      old = true;
    }
  }
  setInterval(reread, ms);
  return { stale: () => { old = true; }, reread };
}
