/** @file Partial configurations laid over one another. */

type Tree = Readonly<Record<string, unknown>>;

/** Keys that say what a part is: where they differ, nothing of the part below makes sense any more. */
const IDENTITY = ["name", "scenario"];
/** Two forms of a part, told apart by the key they have. */
const FORMS = [
  ["path", "world"],
  ["file", "scenario"],
] as const;

/**
 * `over` laid over `under`, key by key; lists and single values are replaced. A part that names something
 * else (another `name` or `scenario`), or is of another form (`world` over `path`, `file` over `scenario`),
 * replaces what is below it as a whole: the options of one method are not those of another. Neither is
 * changed.
 */
export function merge(under: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const before = Object.hasOwn(under, key) ? under[key] : undefined;
    const joined =
      isTree(before) && isTree(value) && isSameThing(before, value) ? merge(before, value) : value;
    // Assigning to "__proto__" would set the prototype.
    Object.defineProperty(merged, key, {
      value: joined,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSameThing(before: Tree, after: Tree): boolean {
  const renamed = IDENTITY.some((key) => key in before && key in after && before[key] !== after[key]);
  const reformed = FORMS.some((form) =>
    form.some((key, i) => Object.hasOwn(after, key) && Object.hasOwn(before, form[1 - i])),
  );
  return !renamed && !reformed;
}
