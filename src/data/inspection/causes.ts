/** @file Many problems of one cause as one message. */

/** A file that cannot be used, or (as a warning) teaches nothing. */
export interface FileProblem {
  /** The file as errors name it. */
  readonly file: string;
  readonly code: string;
  /** One sentence with what was expected and found. */
  readonly message: string;
}

/** A problem of one file, and where in the dataset that is. */
export interface PlacedProblem extends FileProblem {
  readonly split: string;
  /** `image`, or a task's name. */
  readonly part: string;
}

/** One cause, with every file that shows it. */
export interface Cause {
  readonly severity: "bad" | "warning";
  readonly code: string;
  /** Files, or images, that show it. */
  readonly count: number;
  /** One line: of a single file its own message, of several the first one's. */
  readonly message: string;
  /** The first of them. */
  readonly files: readonly string[];
}

const LISTED = 20;

/** Groups problems by code and part of the dataset, in the order of their first appearance. */
export function causesOf(severity: Cause["severity"], problems: readonly PlacedProblem[]): Cause[] {
  const groups = new Map<string, PlacedProblem[]>();
  for (const problem of problems) {
    const key = `${problem.code}\0${problem.part}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [problem]);
    else group.push(problem);
  }
  return [...groups.values()].map((group) => {
    const [{ code, message, part }] = group;
    const noun = part === "image" ? "images" : `${part} labels`;
    return {
      severity,
      code,
      count: group.length,
      message: group.length === 1 ? message : `${group.length} ${noun}, the first of them: ${message}`,
      files: group.slice(0, LISTED).map(({ file }) => file),
    };
  });
}
