// Single keys: never while somebody writes, a dialogue is open, or a key of the browser's own is meant.

/** Run `keys[key]` when that key is pressed. */
export function onKeys(keys) {
  addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
