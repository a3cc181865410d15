// The table's filter and order, kept in the address, and the views a person saved of them.
import { $, $$, t } from "./boot.js";
import { attempt, get, post } from "./api.js";
import { collator } from "./device-facts.js";
import { toast } from "./toast.js";

const STATE_ORDER = ["offline", "late", "quarantined", "never_seen", "online", "sleeping"];
const FIELDS = ["search", "kind", "state"];
const age = (line) => (line.last_seen ? Date.parse(line.last_seen) : 0);

export class TableView {
  /** `changed()` is called when filter or order changed; `name` and `place` read a line's words. */
  constructor(changed, name, place) {
    this.changed = changed;
    this.orders = {
      name: (a, b) => collator.compare(name(a), name(b)),
      state: (a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state),
      score: (a, b) => (a.score ?? 101) - (b.score ?? 101),
      place: (a, b) => collator.compare(place(a), place(b)),
      heard: (a, b) => age(b) - age(a),
      gaps: (a, b) => b.gaps - a.gaps,
    };
    this.byName = this.orders.name;
    for (const id of FIELDS) $(`#${id}`).addEventListener("input", () => this.touch());
    for (const button of $$("[data-sort]")) button.addEventListener("click", () => this.press(button.dataset.sort));
    $("#view").addEventListener("change", (event) => this.choose(event.target));
    $("#view-save").addEventListener("click", () => $("#view-box").showModal());
    $("#view-remove").addEventListener("click", () => this.remove());
    $("[data-close]", $("#view-box")).addEventListener("click", () => $("#view-box").close());
    $("form", $("#view-box")).addEventListener("submit", () => this.save($("#view-name")));
    this.read(location.search);
    attempt(() => get("/me/views/devices")).then((views) => { if (views) this.show(views); });
  }

  /** Take over what an address says. */
  read(query) {
    const said = new URLSearchParams(query);
    for (const id of FIELDS) $(`#${id}`).value = said.get(id) ?? "";
    const sort = said.get("sort") ?? "state";
    this.down = sort.startsWith("-");
    this.sort = this.orders[sort.replace("-", "")] ? sort.replace("-", "") : "state";
    this.heads();
  }

  get query() {
    const said = new URLSearchParams();
    for (const id of FIELDS) if ($(`#${id}`).value) said.set(id, $(`#${id}`).value);
    if (this.sort !== "state" || this.down) said.set("sort", `${this.down ? "-" : ""}${this.sort}`);
    return said.toString();
  }

  touch() {
    history.replaceState(null, "", this.query ? `?${this.query}` : location.pathname);
    $("#export").href = `/api/v1/devices/table.csv?${this.query}`;
    this.mark();
    this.changed();
  }

  press(key) {
    this.down = this.sort === key && !this.down;
    this.sort = key;
    this.heads();
    this.touch();
  }

  heads() {
    for (const button of $$("[data-sort]")) {
      const mine = button.dataset.sort === this.sort;
      button.closest("th").setAttribute("aria-sort", mine ? (this.down ? "descending" : "ascending") : "none");
    }
  }

  /** `lines` that the filter lets through, in order. */
  of(lines) {
    const order = this.orders[this.sort];
    const way = this.down ? -1 : 1;
    return lines.filter((line) => this.lets(line)).sort((a, b) => way * order(a, b) || this.byName(a, b));
  }

  lets(line) {
    const words = $("#search").value.trim().toLowerCase();
    const [kind, state] = [$("#kind").value, $("#state").value];
    const text = `${line.id} ${line.name_zh} ${line.name_en} ${line.place_zh} ${line.place_en} ${line.model}`.toLowerCase();
    const stateFits = !state || (state === "needs" ? line.needs.length > 0 : state === "flapping" ? line.flapping : line.state === state);
    return (!words || text.includes(words)) && (!kind || line.kind === kind) && stateFits;
  }

  show(views) {
    this.views = views;
    const first = $("#view").firstElementChild;
    $("#view").replaceChildren(first, ...views.map((view) => new Option(view.name, view.id)));
    this.mark();
  }

  /** Show which saved view is in use, if any. */
  mark() {
    const used = (this.views ?? []).find((view) => view.query === this.query);
    $("#view").value = used?.id ?? "";
    $("#view-remove").hidden = !used;
    $("#view-save").hidden = Boolean(used) || !this.query;
  }

  choose(select) {
    this.read(this.views.find((view) => view.id === select.value)?.query ?? "");
    this.touch();
  }

  async save(input) {
    const views = await attempt(() => post("/me/views", { page: "devices", name: input.value.trim(), query: this.query }));
    if (!views) return;
    input.value = "";
    this.show(views);
    toast(t("devices.view_saved"));
  }

  async remove() {
    const used = this.views.find((view) => view.id === $("#view").value);
    if (!(await attempt(() => post(`/me/views/${used.id}/remove`)))) return;
    this.show(this.views.filter((view) => view !== used));
    toast(t("devices.view_removed", { name: used.name }));
  }
}
