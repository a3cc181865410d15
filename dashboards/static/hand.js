// Nothing moves under a hand: whether a pointer is over a part of the page, or the keyboard in it, and moved lately.

// A hand that does not move has left: a list held for ever would hide what is new.
const IDLE_MS = 20000;

export class Hand {
  /** `gone` is called when the hand leaves `host`, or rests. */
  constructor(host, gone) {
    Object.assign(this, { host, gone, touched: -Infinity, over: false });
    host.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") { this.over = true; this.touch(); } });
    host.addEventListener("pointermove", () => this.touch());
    host.addEventListener("pointerleave", () => { this.over = false; this.gone(); });
    host.addEventListener("keydown", () => this.touch());
    host.addEventListener("focusout", () => requestAnimationFrame(() => { if (!this.isOn) this.gone(); }));
  }

  touch() {
    this.touched = performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.gone(), IDLE_MS + 50);
  }

  /** What the hand itself asked for is shown at once. */
  lift() { this.touched = -Infinity; }

  get isOn() {
    const there = this.over || this.host.matches(":has(:focus-visible)");
    return there && performance.now() - this.touched < IDLE_MS;
  }
}

/** For pages of cards: returns `show()`, which paints what is new, or has `bar` wait with it while a hand is on `host`. */
export function holding(host, bar, paint) {
  const hand = new Hand(host, () => { if (!bar.hidden) show(); });
  function show({ asked = false } = {}) {
    if (asked) hand.lift();
    bar.hidden = !hand.isOn;
    if (bar.hidden) paint();
  }
  bar.addEventListener("click", () => show({ asked: true }));
  return show;
}
