/** @file Classes that a model and another data set share, by a table of names. */
import { UserError } from "../common/errors.js";
import { suggest } from "../common/suggest.js";
import type { ClassGroups } from "./contract/measuring.js";

/**
 * Which classes correspond. `data` gives classes of the data set the name of a shared class, or null: left
 * out, as are those it does not name. `model` does so for the model's classes; those that it does not name
 * are shared classes by their own names. The name `*` stands for all that are not named.
 */
export interface ClassTable {
  readonly data: Readonly<Record<string, string | null>>;
  readonly model?: Readonly<Record<string, string | null>>;
}

/** What a table comes to. */
export interface SharedClasses {
  /** The model's classes in shared ones. */
  readonly groups: ClassGroups;
  /** By the data set's class: one of the model's that stands for the shared class, or -1. */
  readonly ofData: readonly number[];
  /** Classes of either side that the other has no counterpart of. */
  readonly leftOut: { readonly data: readonly string[]; readonly model: readonly string[] };
}

/** The name for all classes that are not named. */
const REST = "*";

/** The shared name of each class, null where it has none. Throws UserError for names that are no classes. */
function sharedNames(
  classes: readonly string[],
  table: ClassTable["data"],
  side: "data" | "model",
  where: string,
): (string | null)[] {
  const stray = Object.keys(table).find((name) => name !== REST && !classes.includes(name));
  if (stray !== undefined) {
    const whose = side === "data" ? "the data set" : "the model";
    throw unknownClass(`${whose} has no class of this name`, stray, classes, where);
  }
  const rest = Object.hasOwn(table, REST) ? table[REST] : undefined;
  return classes.map((name) => {
    if (Object.hasOwn(table, name)) return table[name];
    if (rest !== undefined) return rest;
    return side === "model" ? name : null;
  });
}

function unknownClass(what: string, got: string, known: readonly string[], where: string): UserError {
  const near = suggest(got, known);
  return new UserError({
    code: "classes.unknown",
    what,
    where,
    expected: `one of ${known.join(", ")}`,
    got,
    fix: near === undefined ? undefined : `Did you mean ${near}?`,
  });
}

/**
 * The classes that a model's and a data set's share, by a table of names. `where` names it in errors.
 * @throws UserError `classes.unknown` for a name that neither has, `classes.none-shared` where nothing is
 * left.
 */
export function sharedClasses(
  table: ClassTable,
  dataClasses: readonly string[],
  modelClasses: readonly string[],
  where: string,
): SharedClasses {
  const ofModel = sharedNames(modelClasses, table.model ?? {}, "model", where);
  const ofData = sharedNames(dataClasses, table.data, "data", where);
  const offered = [...new Set(ofModel.filter((name) => name !== null))];
  const missing = ofData.find((name) => name !== null && !offered.includes(name));
  if (missing !== undefined && missing !== null) {
    throw unknownClass("no class of the model stands for this one", missing, offered, where);
  }
  const shared = offered.filter((name) => ofData.includes(name));
  if (shared.length === 0) {
    throw new UserError({
      code: "classes.none-shared",
      what: "no class is left that both the data set and the model have",
      where,
      expected: `at least one of ${dataClasses.join(", ")} mapped to one of ${offered.join(", ")}`,
    });
  }
  const place = (name: string | null) => (name === null ? -1 : shared.indexOf(name));
  return {
    groups: { classes: shared, of: ofModel.map(place) },
    ofData: ofData.map((name) => (name === null ? -1 : ofModel.indexOf(name))),
    leftOut: {
      data: dataClasses.filter((_, k) => ofData[k] === null),
      model: modelClasses.filter((_, k) => place(ofModel[k]) === -1),
    },
  };
}
