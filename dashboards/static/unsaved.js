// What a person says is kept in this browser until the platform has it: sent in order, again after a lost network, and
// never over what somebody else has said since. Kept are ids, statuses and reasons, for a day and until sign-out.
import { $, boot, clone, fill, now, sync, t, word } from "./boot.js";
import { Problem, post } from "./api.js";
import { toast } from "./toast.js";

const KEY = "unsaved";
const KEEP_MS = 24 * 3600 * 1000;
const PATIENCE_MS = 8000; // a request without an answer so long is sent again; the platform takes it once
const RETRY_MS = 4000;

/** Whether it may never have arrived: no answer, or one that says the platform cannot just now. */
export const isLost = (error) => error instanceof Problem && (error.status === 0 || error.status >= 500 || error.status === 429);

export class Unsaved {
  #painted;
  #sent;
  #unstored = null; // where this browser stores nothing
  #read = { text: null, items: [] }; // what storage said last: every line of a page asks
  #overtaken = new Map(); // words that somebody else's stand against, by id, until the person settles it
  #sending = false;
  #late = false;
  #timer = 0;

  /** `painted()` draws the page anew; `sent(item, answer)` takes an answer, or a `Problem` that time does not mend. */
  constructor({ painted, sent }) {
    this.#painted = painted;
    this.#sent = sent;
    addEventListener("online", () => this.#send());
    addEventListener("storage", (event) => { if (event.key === KEY) this.#changed(); }); // another tab
    $("#unsaved-now").addEventListener("click", () => this.#send());
    const leave = $('form[action="/sign-out"]');
    leave.addEventListener("submit", (event) => this.#leave(event));
    this.#late = this.items.length > 0;
    this.#changed();
    this.#send();
  }

  /** What waits of whoever is signed in, the oldest first. */
  get items() { return this.#stored().filter((item) => item.who === boot.who); }

  /** The last word about `one` that waits, or undefined. */
  of(one) { return this.items.findLast((item) => item.about.includes(one)); }

  /** Say something of `about`, a list of ids; `shown` is what the page shows of them until it is saved. */
  say(about, path, body, shown) {
    const said = { ...body, said_at: new Date(now()).toISOString() };
    const item = { id: `${Date.now()} ${Math.random()}`, who: boot.who, page: boot.page, kept: Date.now(), about, path, body: said, shown };
    this.#keep([...this.items, item]);
    this.#send();
  }

  /** Take a word about `one` back that has not been sent; false when there is none. */
  forget(one) {
    const last = this.of(one);
    if (last) this.#keep(this.items.filter((item) => item.id !== last.id));
    return last !== undefined;
  }

  /** Somebody else's word stands against `item`, as `text` says: the person leaves it so, or says the own once more. */
  overtaken(item, text) {
    this.#overtaken.set(item.id, { item, text });
    this.#changed();
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      for (let item = this.items[0]; item; item = this.items[0]) {
        const answer = await deliver(item);
        if (answer === undefined) {
          this.#late = true;
          this.#timer = setTimeout(() => this.#send(), RETRY_MS);
          this.#changed();
          return;
        }
        this.#keep(this.items.filter((one) => one.id !== item.id));
        if (item.page === boot.page) await this.#sent(item, answer, this.#late);
        else if (answer instanceof Problem) toast(`${t(`page.${item.page}`)}: ${word("error", answer.code)}`, { bad: true });
      }
      if (this.#late && this.#overtaken.size === 0) toast(t("unsaved.all_saved"));
      this.#late = false;
      this.#changed();
    } finally {
      this.#sending = false;
    }
  }

  #stored() {
    if (this.#unstored) return this.#unstored;
    try {
      const text = localStorage.getItem(KEY);
      if (text !== this.#read.text) {
        const items = JSON.parse(text ?? "[]").filter((item) => Date.now() - item.kept < KEEP_MS);
        this.#read = { text, items };
      }
      return this.#read.items;
    } catch {
      return [];
    }
  }

  #keep(mine) {
    const all = [...this.#stored().filter((item) => item.who !== boot.who), ...mine];
    try {
      if (all.length) localStorage.setItem(KEY, JSON.stringify(all));
      else localStorage.removeItem(KEY);
      this.#unstored = null;
    } catch {
      this.#unstored = all;
    }
    this.#changed();
  }

  #changed() {
    const waiting = this.items.length;
    $("#unsaved").hidden = !(this.#late && waiting) && this.#overtaken.size === 0;
    $("#unsaved-line").hidden = waiting === 0;
    $("#unsaved-text").textContent = t("unsaved.waiting", { n: waiting });
    sync($("#overtaken"), [...this.#overtaken.values()], ({ item }) => item.id, (row) => this.#makeOvertaken(row), (element, { text }) => fill(element, { text }));
    this.#painted();
  }

  #makeOvertaken({ item }) {
    const element = clone("overtaken-row");
    const settle = () => { this.#overtaken.delete(item.id); this.#changed(); };
    $("[data-keep]", element).addEventListener("click", settle);
    $("[data-again]", element).addEventListener("click", () => { settle(); this.say(item.about, item.path, item.body, item.shown); });
    return element;
  }

  #leave(event) {
    const waiting = this.items.length;
    if (waiting === 0) return;
    if (event.target.dataset.sure) { this.#keep([]); return; }
    event.preventDefault();
    event.target.dataset.sure = "yes";
    toast(t("unsaved.leaving", { n: waiting }), { bad: true });
  }
}

/** The answer, a `Problem` that sending again would not change, or undefined while the network is away. */
async function deliver(item) {
  try {
    return await post(item.path, item.body, PATIENCE_MS);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return isLost(error) || error.status === 401 ? undefined : error;
  }
}
