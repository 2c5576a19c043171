/** @file Plain-text and Markdown tables. */

export interface Column {
  readonly title: string;
  /** Numbers stand right, texts left. */
  readonly align?: "left" | "right";
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** Terminal cells a text takes: combining marks none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripColours(text)) {
    if (/\p{Mark}|\u200d/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** The text without terminal colour codes. */
export function stripColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character.
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

function pad(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
}

function widths({ columns, rows }: Table): number[] {
  return columns.map((column, i) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[i] ?? ""))),
  );
}

/** Columns two spaces apart under a ruled heading; no trailing spaces. Ends with a newline. */
export function textTable(table: Table): string {
  const width = widths(table);
  const line = (cells: readonly string[]): string =>
    table.columns
      .map((column, i) => pad(cells[i] ?? "", width[i], column.align))
      .join("  ")
      .trimEnd();
  const rule = width.map((each) => "─".repeat(each)).join("  ");
  return `${[line(table.columns.map((column) => column.title)), rule, ...table.rows.map(line)].join("\n")}\n`;
}

/** A GitHub-flavoured Markdown table. Ends with a newline. */
export function markdownTable(table: Table): string {
  const escaping = (text: string): string =>
    stripColours(text)
      .replace(/[\\|]/g, "\\$&")
      .replace(/\s*\n\s*/g, " ");
  const escaped: Table = {
    columns: table.columns.map((column) => ({ ...column, title: escaping(column.title) })),
    rows: table.rows.map((row) => row.map(escaping)),
  };
  const width = widths(escaped).map((each) => Math.max(3, each));
  const line = (cells: readonly string[]): string =>
    `| ${escaped.columns.map((column, i) => pad(cells[i] ?? "", width[i], column.align)).join(" | ")} |`;
  const rule = escaped.columns.map(({ align }, i) =>
    align === "right" ? `${"-".repeat(width[i] - 1)}:` : "-".repeat(width[i]),
  );
  return `${[line(escaped.columns.map((column) => column.title)), line(rule), ...escaped.rows.map(line)].join("\n")}\n`;
}
