/** @file One line of progress: what it says, and how much of that a terminal has room for. */
import type { createColors } from "picocolors";
import { formatNumber, formatSeconds } from "../report/numbers.js";
import { displayWidth } from "../report/table.js";

/** What a line of progress says. */
export interface ProgressLine {
  /** What is counted, e.g. `step`. */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  /** What is going on between two of them, e.g. `val 40/100` while a run is evaluated. */
  readonly activity?: string;
  /** Null where it is not known yet. */
  readonly imagesPerSecond: number | null;
  /** Until all is done; null where it is not known yet. */
  readonly secondsLeft: number | null;
  /** By term; null where the last batch said nothing of it. */
  readonly losses?: Readonly<Record<string, number | null>>;
}

type Colours = Pick<ReturnType<typeof createColors>, "cyan" | "dim">;

/** A piece of the line. Where room is short, those of the lowest rank are left out first. */
interface Piece {
  readonly text: string;
  readonly rank: number;
}

const UNKNOWN = "?";
const GAP = "  ";
const ELLIPSIS = "…";

/** The whole line, e.g. for a log. */
export function plainLine(line: ProgressLine): string {
  return [...pieces(line).map(({ text }) => text), lossTexts(line).join(", ")]
    .filter((text) => text !== "")
    .join(GAP)
    .trimStart();
}

/**
 * The line in at most `room` cells, with a bar where there is room for one. Share, time left and step come
 * first; losses are left out from the right.
 */
export function fittedLine(line: ProgressLine, room: number, colours: Colours): string {
  const bar = { text: barText(line, barCells(room), colours), rank: 1 };
  const all = [bar, ...pieces(line)];
  const kept = fitting(all, room);
  // A space is enough after the bar: the share is set to the right of its place.
  const texts = all.filter((piece) => kept.has(piece) && piece !== bar).map(({ text }) => text);
  const text = `${kept.has(bar) ? `${bar.text} ` : ""}${texts.join(GAP)}`;
  return kept.size < all.length ? text : withLosses(text, lossTexts(line), room);
}

function pieces({ unit, done, total, activity, imagesPerSecond, secondsLeft }: ProgressLine): Piece[] {
  const share = Math.floor((100 * Math.min(done, total)) / Math.max(1, total));
  const ended = done >= total && activity === undefined;
  const rate = imagesPerSecond === null ? UNKNOWN : formatNumber(Number(imagesPerSecond.toPrecision(3)));
  const left = secondsLeft === null ? UNKNOWN : formatSeconds(secondsLeft);
  return [
    { text: `${share}%`.padStart(4), rank: 6 },
    { text: `${unit} ${done}/${total}`, rank: 3 },
    ...(activity === undefined ? [] : [{ text: activity, rank: 4 }]),
    // The rate is that of training; at the end, what is not known never will be.
    ...(activity !== undefined || (ended && imagesPerSecond === null)
      ? []
      : [{ text: `${rate} images/s`, rank: 2 }]),
    ...(ended ? [] : [{ text: `${left} left`, rank: 5 }]),
  ];
}

function lossTexts({ losses = {} }: ProgressLine): string[] {
  return Object.entries(losses).map(([name, value]) => `${name} ${formatNumber(value ?? Number.NaN)}`);
}

/** The pieces of the highest ranks that there is room for together. */
function fitting(all: readonly Piece[], room: number): ReadonlySet<Piece> {
  const kept = new Set<Piece>();
  let used = -GAP.length;
  for (const piece of [...all].sort((a, b) => b.rank - a.rank)) {
    used += displayWidth(piece.text) + GAP.length;
    if (used > room) break;
    kept.add(piece);
  }
  return kept;
}

/** The line with as many losses, from the left, as there is room for. */
function withLosses(line: string, losses: readonly string[], room: number): string {
  let text = line;
  for (const [i, loss] of losses.entries()) {
    const longer = `${text}${i === 0 ? GAP : ", "}${loss}`;
    const last = i === losses.length - 1;
    if (displayWidth(longer) + (last ? 0 : GAP.length) > room) {
      return displayWidth(text) + GAP.length <= room ? `${text} ${ELLIPSIS}` : text;
    }
    text = longer;
  }
  return text;
}

function barCells(room: number): number {
  if (room < 79) return 8;
  return room < 110 ? 12 : 24;
}

function barText({ done, total }: ProgressLine, cells: number, { cyan, dim }: Colours): string {
  const full = Math.floor(cells * Math.min(1, done / Math.max(1, total)));
  return `${cyan("━".repeat(full))}${dim("─".repeat(cells - full))}`;
}
