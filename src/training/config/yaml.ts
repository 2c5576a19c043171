/** @file YAML (and thus JSON) text with the place of every key, for messages that point at it. */
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { UserError } from "../../common/errors.js";

/** A parsed text and where its values stand. */
export interface PlacedYaml {
  readonly value: unknown;
  /**
   * `file:line:column` of the value at `path`, or of the key `key` in it; of the nearest parent where it is
   * not there.
   */
  place(path: readonly PropertyKey[], key?: string): string;
}

/** Parses YAML or JSON. Throws UserError with `file:line:column`. */
export function parsePlacedYaml(text: string, file: string): PlacedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new UserError({
      code: "config.syntax",
      what: error.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, ""),
      where: at(error.pos[0]),
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UserError({ code: "config.syntax", what: (cause as Error).message, where: file }, { cause });
  }
  return {
    value,
    place(path, key) {
      const offset = offsetOf(document, path, key);
      return offset === undefined ? file : at(offset);
    },
  };
}

function offsetOf(
  document: Document,
  path: readonly PropertyKey[],
  key: string | undefined,
): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    return node.range?.[0];
  }
  return undefined;
}
