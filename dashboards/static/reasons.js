// Why a mark is what it is, as a sentence; shared by the roll and a student's page.
import { has, pick, shortTime, t, word } from "./boot.js";

export const TONES = {
  unknown: "unknown", absent: "critical", left_early: "major", late: "warning", on_leave: "info", sick: "info",
  official: "info", suspended: "quiet", not_required: "quiet", present: "good", open: "quiet",
};
export const status = (line) => line.status ?? "open";

/** The tools that turn marks into sentences, with what the school's gates are called. */
export function reasons(gateList) {
  const gates = new Map(gateList.map((gate) => [gate.id, gate]));
  const gateName = (id) => (gates.has(id) ? pick(gates.get(id), "name") : (id ?? ""));
  const clock = (ms) => (ms === null || ms === undefined ? "" : shortTime(ms));

  /** The reason of a mark as a sentence. */
  function why(line) {
    const evidence = line.evidence;
    const values = {
      gate: gateName(evidence.gate ?? evidence.device),
      at: clock(evidence.at),
      from: clock(evidence.from),
      to: evidence.to ? clock(evidence.to) : t("why.until_now"),
      minutes: evidence.minutes,
      kind: evidence.kind ? word("leave", evidence.kind) : "",
      who: line.by,
      reason: line.reason,
      group: evidence.title,
    };
    const special = `why.${line.why}_${status(line)}`;
    const key = has(special) ? special : `why.${line.why}`;
    return has(key) ? t(key, values) : line.why;
  }

  return { clock, gateName, why };
}
