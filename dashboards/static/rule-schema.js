// What the JSON Schema of rules says, for the editor: the kinds, their keys, and a rule of a kind to begin with.

const named = (ref) => ref.split("/").at(-1);

/** The kinds of rules: [{ kind, about, keys: [{ key, about, must, fallback }] }]. */
export function kindsOf(schema) {
  const found = Object.values(schema.$defs).filter((one) => one.properties?.kind?.enum && one.properties.runbook);
  return found.map((one) => ({
    kind: one.properties.kind.enum[0],
    about: (one.description ?? "").split("\n")[0],
    keys: keysOf(one).filter(({ key }) => key !== "kind"),
  })).sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** The keys of an object: what each means, and whether it must be given. */
export function keysOf(shape) {
  return Object.entries(shape.properties).map(([key, about]) => ({
    key, about: about.description ?? "", must: (shape.required ?? []).includes(key), fallback: about.default, shape: about,
  }));
}

/** YAML of a new rule of a kind: every key that must be given, with a value of the right shape to change. */
export function starter(schema, kind, number) {
  const lines = [`  - id: ${kind.kind.replaceAll("_", "-")}-${number}`, `    kind: ${kind.kind}`];
  for (const { key, must, shape } of kind.keys) if (must && key !== "id") lines.push(`    ${key}: ${example(schema, key, shape)}`);
  return `${lines.join("\n")}\n`;
}

function example(schema, key, shape) {
  const meant = shape.$ref ? schema.$defs[named(shape.$ref)] : shape.anyOf ? (shape.anyOf.find((one) => one.type !== "null") ?? shape) : shape;
  if (meant.$ref) return example(schema, key, meant);
  if (meant.properties?.zh) return `{zh: "…", en: "…"}`;
  if (key === "severity") return "warning";
  if (meant.enum) return String(meant.enum[0]);
  if (meant.type === "array") return `[${meant.items?.enum?.[0] ?? ""}]`;
  if (meant.type === "number" || meant.type === "integer") return String(meant.minimum ?? (meant.exclusiveMinimum ?? 0) + 1);
  if (meant.type === "boolean") return "true";
  return meant.type === "object" ? "{}" : `"…"`;
}
