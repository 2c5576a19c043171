// From the JSON Schema of configurations to a page for people.

const code = (value) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
const escaped = (text) => text.replaceAll("|", "\\|");

/** A short word for what a value may be. */
function typeOf(schema) {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return variants.map(typeOf).join(" or ");
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && schema.properties === undefined) return "map of names to numbers";
  const names = { integer: "whole number", string: "text", boolean: "true or false", null: "`null`" };
  return `${names[schema.type] ?? schema.type}${boundsOf(schema)}`;
}

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const low =
    exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : minimum !== undefined ? `>= ${minimum}` : "";
  const high = exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : `<= ${maximum}`;
  // Whole numbers end where floating point does; nobody needs to be told.
  const ends = exclusiveMaximum !== undefined || (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER);
  const bounds = [low, ends ? high : ""].filter((bound) => bound !== "").join(", ");
  return bounds === "" ? "" : ` ${bounds}`;
}

/** An object of fields that stands under a key of its own, not a value. */
const isGroup = (schema) => schema.type === "object" && schema.properties !== undefined;

function row(key, schema, required) {
  const fallback = schema.default !== undefined ? code(schema.default) : required ? "required" : "";
  return `| \`${key}\` | ${escaped(typeOf(schema))} | ${escaped(fallback)} | ${escaped(schema.description ?? "")} |`;
}

function table(schema, prefix) {
  const rows = Object.entries(schema.properties).flatMap(([key, value]) =>
    isGroup(value)
      ? table(value, `${prefix}${key}.`)
      : variantsOf(value) !== undefined
        ? [
            `| \`${prefix}${key}\` | see below | ${value.default === undefined ? "" : code(value.default)} | |`,
          ]
        : [row(prefix + key, value, schema.required?.includes(key) ?? false)],
  );
  return rows;
}

/**
 * The alternatives of a field whose value is one of several objects, or a list of them where that is one way
 * among others.
 */
function variantsOf(schema) {
  const variants = schema.anyOf ?? schema.oneOf ?? (isGroup(schema.items ?? {}) ? [schema.items] : undefined);
  const inner = (each) => variantsOf(each) ?? variantsOf(each.items ?? {}) ?? [];
  return variants?.some(isGroup)
    ? variants.flatMap((each) => (isGroup(each) ? [each] : inner(each)))
    : undefined;
}

const HEAD = ["| key | value | default | |", "| --- | --- | --- | --- |"];

function titleOf(variant) {
  const [key, fixed] =
    Object.entries(variant.properties).find(([, { const: value }]) => value !== undefined) ?? [];
  return fixed === undefined
    ? `with \`${Object.keys(variant.properties)[0]}\``
    : `\`${key}: ${fixed.const}\``;
}

/** A section for every field that has alternatives, and for those within them. */
function sections(schema, prefix = "") {
  return Object.entries(schema.properties).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (isGroup(value)) return sections(value, `${path}.`);
    const variants = variantsOf(value);
    if (variants === undefined) return [];
    const about =
      value.description === undefined
        ? []
        : [`${value.description[0].toUpperCase()}${value.description.slice(1)}.`, ""];
    const nested = new Map();
    const tables = variants.flatMap((variant) => {
      for (const section of sections(variant, `${path}.`)) nested.set(section, true);
      const only = variants.length === 1;
      return [...(only ? [] : [`### ${titleOf(variant)}`, ""]), ...HEAD, ...table(variant, ""), ""];
    });
    return [[`## ${path}`, "", ...about, ...tables].join("\n"), ...nested.keys()];
  });
}

/** A schema with what its references stand for in their places. */
function inlined(schema, definitions) {
  if (Array.isArray(schema)) return schema.map((part) => inlined(part, definitions));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref, ...own } = schema;
  if ($ref !== undefined)
    return inlined({ ...definitions[$ref.replace("#/$defs/", "")], ...own }, definitions);
  return Object.fromEntries(Object.entries(own).map(([key, part]) => [key, inlined(part, definitions)]));
}

/** The page as Markdown. */
export function configReference(referring) {
  const { $defs = {}, ...root } = referring;
  const schema = inlined(root, $defs);
  return `${[
    "# Configuration",
    "",
    "<!-- Generated from config.schema.json by `npm run schema`; do not edit. -->",
    "",
    "A configuration is YAML or JSON. Unknown keys are errors. Paths are relative to the configuration file. Editors check and complete it",
    "with [config.schema.json](config.schema.json): begin the file with `# yaml-language-server: $schema=<path to it>`.",
    "On the command line, `--set key=value` replaces a value; keys are joined with dots (`--set optimizer.learningRate=1e-3`).",
    "Defaults are those of the papers. What a run used in the end stands in its `config.resolved.yaml`, which alone reproduces it.",
    "",
    ...HEAD,
    ...table(schema, ""),
    "",
    ...sections(schema),
  ]
    .join("\n")
    .trimEnd()}\n`;
}
