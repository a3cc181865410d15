// A student's page: today with its reasons, the week, the term, streaks and what has changed.
import { $, boot, clone, data, fill, mark, pick, setMark, t, when } from "./boot.js";
import { TONES, reasons, status } from "./reasons.js";

const DAY_MS = 86_400_000;
const SIGNS = { absent: "×", late: "!", left_early: "↗", unknown: "?", on_leave: "–", sick: "+", suspended: "∥" };
const AWAY = ["absent", "on_leave", "sick", "suspended"];
const { gateName, why } = reasons(data.gates);
const locale = boot.language === "zh" ? "zh-CN" : "en-GB";
const shown = new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "long", day: "numeric", weekday: "short" });
const dayText = (day) => shown.format(Date.parse(`${day}T00:00:00Z`));
const key = (ms) => new Date(ms).toISOString().slice(0, 10);
const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "—");
const at = (day) => Date.parse(`${day}T00:00:00Z`);
const weekdayOf = (day) => new Date(at(day)).getUTCDay() || 7;

function head() {
  const { site, seen_at: seen, place } = data.info;
  const where = t(`site.${site}_one`);
  $("#seen").textContent = seen ? t("student.seen", { site: where, at: when(seen), place: gateName(place) }) : t("student.never_seen", { site: where });
  const by = data.insight.by_status;
  const away = AWAY.reduce((sum, one) => sum + (by[one] ?? 0), 0);
  const sums = [[data.insight.days, "days"], [away, "away"], [by.late ?? 0, "late"], [data.insight.longest_away, "longest"], [data.in_time, "in_time"]];
  $("#sums").replaceChildren(...sums.map(([n, name]) => clone("sum", { n, label: t(`student.${name}`) })));
}

function signs() {
  const { signs: found } = data.insight;
  $("#signs-panel").hidden = found.length === 0;
  $("#signs").replaceChildren(...found.map((sign) => {
    const line = document.createElement("li");
    line.textContent = t(`sign.${sign.kind}`, { count: sign.count, of: sign.of, weekday: sign.weekday ? t(`weekday.${sign.weekday}`) : "" });
    return line;
  }));
}

function today() {
  const own = data.sessions.filter((one) => one.day === data.today);
  $("#no-today").hidden = own.length > 0;
  $("#today").replaceChildren(...own.map((one) => {
    const line = clone("mark-line", { name: pick(one, "name"), status: t(`status.${status(one)}`), why: why(one) });
    line.className = `tone-${TONES[status(one)]}`;
    setMark($(".pupil-mark", line), TONES[status(one)]);
    $(".badge", line).className = `badge tone-${TONES[status(one)]}`;
    return line;
  }));
}

function cell(name, text, tone = "") {
  const element = document.createElement(name);
  if (tone) element.append(mark(tone), " ");
  element.append(text);
  return element;
}

/** Sessions down, days across: what a class teacher's paper register looks like. */
function week() {
  const days = [...new Set(data.sessions.map((one) => one.day))].sort();
  const periods = [...new Map(data.sessions.map((one) => [one.period, one])).values()];
  const top = document.createElement("tr");
  top.append(cell("td", ""), ...days.map((day) => { const th = cell("th", dayText(day)); th.scope = "col"; return th; }));
  $("#week thead").replaceChildren(top);
  $("#week tbody").replaceChildren(...periods.map((period) => {
    const row = document.createElement("tr");
    const name = cell("th", pick(period, "name"));
    name.scope = "row";
    row.append(name, ...days.map((day) => {
      const one = data.sessions.find((other) => other.day === day && other.period === period.period);
      return one ? cell("td", t(`status.${status(one)}`), TONES[status(one)]) : cell("td", "");
    }));
    return row;
  }));
}

function term() {
  const cells = new Map(data.calendar.map((one) => [one.day, one]));
  const begin = data.calendar.length ? data.calendar[0].day : data.today;
  const start = at(begin) - (weekdayOf(begin) - 1) * DAY_MS;
  const squares = [];
  for (let ms = start; ms <= at(data.today); ms += DAY_MS) squares.push(square(key(ms), cells.get(key(ms))));
  const { days, by_status: by } = data.insight;
  const away = AWAY.reduce((sum, one) => sum + (by[one] ?? 0), 0);
  const said = t("student.term_sum", { days, away, share: percent(away, days), late: by.late ?? 0 });
  $("#term").replaceChildren(...squares);
  $("#term").setAttribute("aria-label", said);
  $("#term-sum").textContent = said;
  const used = [...new Set(data.calendar.map((one) => one.status).filter(Boolean))];
  $("#legend").replaceChildren(...used.map((one) => cell("li", `${t(`status.${one}`)}${SIGNS[one] ? ` ${SIGNS[one]}` : ""}`, TONES[one])));
  const odd = data.calendar.filter((one) => one.status && one.status !== "present").reverse();
  $("#exceptions").replaceChildren(...odd.map((one) => cell("li", sentence(one.day, one), TONES[one.status])));
}

function square(day, one) {
  const element = document.createElement("i");
  if (!one?.status) return element;
  const plain = one.status === "present";
  element.className = `tone-${TONES[one.status]} ${plain ? "on" : "solid"}`;
  element.dataset.day = day;
  element.dataset.sign = SIGNS[one.status] ?? "";
  element.title = sentence(day, one);
  return element;
}

function sentence(day, one) {
  const late = one.minutes ? t("student.minutes", { n: one.minutes }) : "";
  return `${dayText(day)}: ${t(`status.${one.status}`)} ${late}`.trim();
}

function habits() {
  const { lately, before } = data;
  const rows = [
    [t("student.lately"), t("student.share", { ...lately, share: percent(lately.away, lately.days) })],
    [t("student.before"), t("student.share", { ...before, share: percent(before.away, before.days) })],
    ...data.weekdays.filter((one) => one.late).map((one) => [
      t(`weekday.${one.weekday}`),
      t("student.weekday_late", { late: one.late, of: one.of }) + (one.minutes ? ` ${t("student.mean", { n: one.minutes })}` : ""),
    ]),
    ...data.first_lessons.filter((one) => one.late).map((one) => [
      t("student.first_lesson", { subject: one.subject }),
      t("student.weekday_late", { late: one.late, of: one.of }),
    ]),
  ];
  $("#habits").replaceChildren(...rows.flatMap(([name, text]) => [cell("dt", name), cell("dd", text)]));
}

$("#term").addEventListener("click", (event) => {
  const chosen = event.target.closest("i[data-day]");
  if (!chosen) return;
  for (const one of document.querySelectorAll(".term .chosen")) one.classList.remove("chosen");
  chosen.classList.add("chosen");
  $("#term-day").textContent = chosen.title;
});

head();
signs();
today();
week();
term();
habits();
