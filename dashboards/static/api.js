// Requests to the JSON interface; an error becomes a sentence in the page's language.
import { t, word } from "./boot.js";
import { toast } from "./toast.js";

export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail || code);
    this.status = status;
    this.code = code;
  }
}

async function answerTo(method, path, body, media, patience_ms, more = {}) {
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { Accept: "application/json", "Content-Type": media, "X-Campus-Write": "1", ...more },
      body: body === undefined || media !== "application/json" ? body : JSON.stringify(body),
      signal: patience_ms ? AbortSignal.timeout(patience_ms) : undefined,
    });
  } catch {
    throw new Problem(0, "offline", "");
  }
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Problem(answer.status, value?.code ?? "broken", value?.detail);
  return { value, answer };
}

const ask = async (method, path, body, media = "application/json", patience_ms = 0) => (await answerTo(method, path, body, media, patience_ms)).value;

export const get = (path) => ask("GET", path);
/** A page of a long list, and the path of the next one or null. */
export async function page(path) {
  const { value, answer } = await answerTo("GET", path, undefined, "application/json");
  const next = /<\/api\/v1([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "");
  return { rows: value, next: next && next[1] };
}
/** A long list whole, page after page: the first answer, with the rows of every page; `rows` names them in it. */
export async function whole(path, rows = null) {
  let found = null;
  for (let next = path; next; ) {
    const one = await page(next);
    const more = rows ? one.rows[rows] : one.rows;
    found = found === null ? one.rows : rows ? { ...found, [rows]: [...found[rows], ...more] } : [...found, ...more];
    next = one.next;
  }
  return found;
}
/** A thing with the tag that names it as it is now; with a body it is written, if `tag` still names it. */
export async function tagged(path, body, tag, method = "POST") {
  const [way, more] = body === undefined ? ["GET", {}] : [method, { "If-Match": tag }];
  const { value, answer } = await answerTo(way, path, body, "application/json", 0, more);
  return { value, tag: answer.headers.get("ETag") };
}
/** Write; with `patience_ms`, an answer that takes longer counts as a lost network. */
export const post = (path, body = {}, patience_ms = 0) => ask("POST", path, body, "application/json", patience_ms);
/** Send a file as the body. */
export const send = (path, file) => ask("POST", path, file, file.type || "application/octet-stream");
export const patch = (path, body) => ask("PATCH", path, body);

/** Do something that may fail, and say so when it does; returns undefined then. When somebody else saved meanwhile,
 * `reload` is offered. */
export async function attempt(work, reload = () => location.reload()) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = error.code === "conflict" || error.code === "invalid" ? `: ${error.message}` : "";
    const action = error.code === "outdated" ? { label: t("common.reload"), run: reload } : null;
    toast(word("error", error.code) + detail, { bad: true, action });
    return undefined;
  }
}
