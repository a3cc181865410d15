// The charts library: loaded on the pages that need it and only there, dressed in the page's own colours.
import { boot, t } from "./boot.js";

/** Apache ECharts, or null where it was not fetched at set-up: the page says so and shows its table. */
export async function loadCharts() {
  return boot.charts ? import("./vendor/echarts.js") : null;
}

/** Say in `element` that the library is missing and how to get it. */
export function sayMissing(element) {
  element.textContent = t("common.charts_missing");
  element.hidden = false;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The page's colours for a chart; line colours differ in lightness too, so that they are told apart without colour. */
export function palette() {
  const dark = document.documentElement.dataset.theme === "dark";
  const lines = dark
    ? ["#4fc3ad", "#ffb454", "#8ab8ff", "#f48fb1", "#c5e478", "#d7b8ff"]
    : ["#14665a", "#b4500b", "#1f4e9e", "#a3195b", "#4c6b00", "#5f3dc4"];
  return {
    lines, ink: token("ink"), ink2: token("ink-2"), line: token("line"), panel: token("panel"), accent: token("accent"),
    critical: token("critical"), major: token("major"), warning: token("warning"), info: token("info"),
    unknown: token("unknown"), font: token("font"),
  };
}

/** Redraw with the size of its box, in the next frame. */
export function followSize(chart, element) {
  let asked = false;
  new ResizeObserver(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; chart.resize(); });
  }).observe(element);
}
