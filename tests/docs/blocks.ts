/** @file The code blocks of a Markdown page. */
import { readFileSync } from "node:fs";

export interface Block {
  readonly language: string;
  /** What follows the language: the file that the block is the content of, or a word for the test. */
  readonly title: string;
  readonly text: string;
}

/** Fenced blocks in order. */
export function blocksOf(path: string): Block[] {
  const fence = /^```(\w+)[ ]?(.*)\n([\s\S]*?)^```$/gm;
  return [...readFileSync(path, "utf8").matchAll(fence)].map(([, language, title, text]) => ({
    language,
    title,
    text,
  }));
}
