/**
 * @file From what zod found wrong with a configuration to one sentence that names the key and how to mend it.
 */
import type { z } from "zod";
import { UserError } from "../../common/errors.js";
import { suggest } from "../../common/suggest.js";

type Issue = z.core.$ZodIssue;
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/**
 * What the messages need besides the issue: the schema as JSON Schema, the value checked, and where keys
 * stand.
 */
export interface IssueContext {
  readonly schema: unknown;
  readonly value: unknown;
  place(path: readonly PropertyKey[], key?: string): string;
}

/** The UserError of the first issue; of the branch that fits best where a union failed. */
export function issueError(issues: readonly Issue[], context: IssueContext): UserError {
  const issue = mostTelling(issues[0], []);
  const key = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const [unknown] = issue.keys;
    const known = knownKeys(context, issue.path);
    const near = suggest(unknown, known);
    return new UserError({
      code: "config.unknown-key",
      what: `unknown key \`${[...issue.path, unknown].join(".")}\``,
      where: context.place(issue.path, unknown),
      expected: known.length === 0 ? undefined : `one of ${known.join(", ")}`,
      fix: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    });
  }
  const got = valueAt(context.value, issue.path);
  if (issue.code === "invalid_union") {
    const known = constantsAt(context, issue.path);
    const near = typeof got === "string" ? suggest(got, known) : undefined;
    return new UserError({
      code: "config.unknown-name",
      what: got === undefined ? `\`${key}\` is missing` : `\`${key}\` is not known`,
      where: context.place(issue.path),
      expected: `one of ${known.join(", ")}`,
      got: got === undefined ? undefined : JSON.stringify(got),
      fix: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    });
  }
  const plain = /^Invalid (?:input|option): expected (.*?)(?:, received .*)?$/.exec(issue.message);
  const missing = got === undefined;
  const said = plain === null ? `: ${issue.message}` : " does not hold";
  return new UserError({
    code: missing ? "config.missing-key" : "config.bad-value",
    what: (key === "" ? "the configuration" : `\`${key}\``) + (missing ? " is missing" : said),
    where: context.place(issue.path),
    expected: plain?.[1],
    got: missing ? undefined : JSON.stringify(got),
  });
}

/** Unions report every branch's issues: takes the branch with the fewest misfits, and its first issue. */
function mostTelling(issue: Issue, above: readonly PropertyKey[]): Issue {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { ...issue, path };
  const weight = (each: Issue) => {
    // A list where an object may stand, or the other way round: hardly the branch that was meant.
    if (each.code === "invalid_type" && each.path.length === 0) return 100;
    return each.code === "unrecognized_keys" ? each.keys.length : 1;
  };
  const misfit = (branch: readonly Issue[]) => branch.reduce((sum, each) => sum + weight(each), 0);
  const [best] = [...issue.errors].sort((a, b) => misfit(a) - misfit(b));
  return mostTelling(best[0], path);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}

/**
 * Schemas that may hold at a path: branches whose constants (`name: jtr`) contradict the value are left out.
 */
function schemasAt(context: IssueContext, path: readonly PropertyKey[]): JsonSchema[] {
  const root = context.schema as JsonSchema;
  let schemas = branches(root, context.value, root);
  let value = context.value;
  path.forEach((step) => {
    value = valueAt(value, [step]);
    const inner = schemas.flatMap((schema) =>
      typeof step === "number" ? (schema.items ?? []) : (schema.properties?.[String(step)] ?? []),
    );
    schemas = inner.flatMap((schema) => branches(schema, value, root));
  });
  return schemas;
}

function branches(referring: JsonSchema, value: unknown, root: JsonSchema): JsonSchema[] {
  const schema = followed(referring, root);
  const inner = (schema.anyOf ?? schema.oneOf)?.map((branch) => followed(branch, root));
  if (inner === undefined) return [schema];
  const fitting = inner.filter((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([key, property]) => property.const === undefined || property.const === valueAt(value, [key]),
    ),
  );
  return (fitting.length === 0 ? inner : fitting).flatMap((branch) => branches(branch, value, root));
}

/** What a reference stands for. */
function followed(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.replace("#/$defs/", "");
  return name === undefined ? schema : followed(root.$defs![name], root);
}

/** Keys that may stand at a path: of the branch that shares most keys with what stands there. */
function knownKeys(context: IssueContext, path: readonly PropertyKey[]): string[] {
  const given = Object.keys((valueAt(context.value, path) ?? {}) as object);
  const candidates = schemasAt(context, path).map((schema) => Object.keys(schema.properties ?? {}));
  const shared = (keys: readonly string[]) => given.filter((key) => keys.includes(key)).length;
  return candidates.sort((a, b) => shared(b) - shared(a))[0] ?? [];
}

function constantsAt(context: IssueContext, path: readonly PropertyKey[]): string[] {
  return schemasAt(context, path).flatMap(({ const: constant }) =>
    constant === undefined ? [] : String(constant),
  );
}
