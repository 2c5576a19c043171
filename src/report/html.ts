/** @file HTML and SVG as text, every inserted value escaped. */

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Inserted = Html | string | number | undefined | false | readonly (Html | string)[];

/**
 * Template of HTML: strings are escaped, `Html` and lists of it go in as they are, `undefined` and `false`
 * vanish.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Inserted[]): Html {
  let text = parts[0];
  values.forEach((value, i) => {
    text += insertion(value) + parts[i + 1];
  });
  return new Html(text);
}

function insertion(value: Inserted): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(insertion).join("");
  return escapeHtml(String(value));
}

/**
 * Escapes a text for content and for quoted attributes. Characters that HTML forbids become a replacement
 * sign.
 */
export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters HTML forbids.
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return allowed.replace(/[&<>"']/g, (character) => names[character]);
}
