/** @file Which tasks are transferred to which others, and how much of a task's loss that is. */
import { UserError } from "../../common/errors.js";
import { suggest } from "../../common/suggest.js";
import { orderedPairs, type TaskPair } from "../pairs.js";

export interface TransferOptions {
  /** All ordered pairs of tasks; those of `edges`; all from and to `hub`. */
  readonly transfer: "pairs" | "graph" | "hub";
  /** [from, to] */
  readonly edges?: readonly (readonly [string, string])[];
  readonly hub?: string;
  /** λ of eq. 11, of all tasks or of each. */
  readonly lambda: number | Readonly<Record<string, number>>;
}

/**
 * The ordered pairs of `tasks` (names) that have a transfer network, each once.
 * @throws UserError where `edges` or `hub` are missing, not asked for, or name what is no task of the run.
 */
export function transfersOf(
  tasks: readonly string[],
  { transfer, edges, hub }: Omit<TransferOptions, "lambda">,
): TaskPair[] {
  requireOption("edges", edges, transfer === "graph", "edges: [[segmentation, depth]]");
  requireOption("hub", hub, transfer === "hub", "hub: depth");
  if (transfer === "graph") return graph(tasks, edges!);
  const pairs = orderedPairs(tasks.length);
  if (transfer === "pairs") return pairs;
  const centre = indexOf(tasks, hub!, "method.hub");
  return pairs.filter(({ source, target }) => source === centre || target === centre);
}

function graph(tasks: readonly string[], edges: readonly (readonly [string, string])[]): TaskPair[] {
  const seen = new Set<string>();
  return edges.map(([from, to], i) => {
    const where = `method.edges.${i}`;
    const [source, target] = [indexOf(tasks, from, where), indexOf(tasks, to, where)];
    const place = `${source} ${target}`;
    if (source === target || seen.has(place)) {
      throw new UserError({
        code: "method.edge",
        what: source === target ? "a task is transferred to itself" : "a transfer stands there twice",
        where,
        got: `[${from}, ${to}]`,
        fix: "Take the edge out, or name another task.",
      });
    }
    seen.add(place);
    return { source, target };
  });
}

/** λ of each task. Throws UserError where `lambda` leaves a task out or names others. */
export function lambdasOf(tasks: readonly string[], lambda: TransferOptions["lambda"]): readonly number[] {
  if (typeof lambda === "number") return tasks.map(() => lambda);
  for (const name of Object.keys(lambda)) indexOf(tasks, name, "method.lambda");
  return tasks.map((name) => {
    if (Object.hasOwn(lambda, name)) return lambda[name];
    throw new UserError({
      code: "method.no-lambda",
      what: `\`lambda\` has no share of ${name}`,
      where: "method.lambda",
      expected: `a number, or one for each of ${tasks.join(", ")}`,
      fix: `Add \`${name}: 0.01\`, or 0 to leave its transfers out.`,
    });
  });
}

function indexOf(tasks: readonly string[], name: string, where: string): number {
  const index = tasks.indexOf(name);
  if (index !== -1) return index;
  const near = suggest(name, tasks);
  throw new UserError({
    code: "method.unknown-task",
    what: `the run has no task ${name}`,
    where,
    expected: `one of ${tasks.join(", ")}`,
    fix: near === undefined ? "Name a task of the run, or add it to `tasks`." : `Did you mean \`${near}\`?`,
  });
}

function requireOption(option: "edges" | "hub", value: unknown, wanted: boolean, example: string): void {
  if ((value !== undefined) === wanted) return;
  const transfer = option === "edges" ? "graph" : "hub";
  throw new UserError({
    code: wanted ? "method.missing-option" : "method.unused-option",
    what: wanted ? `\`transfer: ${transfer}\` needs \`${option}\`` : `\`${option}\` would not be used`,
    where: "method",
    fix: wanted ? `Add e.g. \`${example}\`.` : `Set \`transfer: ${transfer}\`, or take \`${option}\` out.`,
  });
}
