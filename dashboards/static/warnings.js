// Who shows a sign, each sentence with the counted days it rests on.
import { $, clone, data, t } from "./boot.js";

function line(one) {
  const { days, away, late, longest_away: longest } = one;
  const element = clone("warned", { name: one.name, figures: t("warnings.figures", { days, away, late, longest }) });
  if (one.signs.some((sign) => sign.kind === "chronic_absence" || sign.kind === "absent_in_a_row")) element.className = "pupil tone-critical";
  $("[data-link]", element).href = `/students/${encodeURIComponent(one.student)}`;
  $(".reasons", element).replaceChildren(...one.signs.map((sign) => {
    const words = document.createElement("li");
    words.textContent = t(`sign.${sign.kind}`, { ...sign, weekday: sign.weekday ? t(`weekday.${sign.weekday}`) : "" });
    return words;
  }));
  return element;
}

$("#lines").replaceChildren(...data.lines.map(line));
$("#none").hidden = data.lines.length > 0;
