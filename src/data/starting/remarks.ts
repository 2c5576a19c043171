/** @file What is said of photos that belong together or cannot be read. */
import type { PhotoGroups } from "./image-groups.js";

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Sentences about groups of photos. */
export function countRemarks({ videos, duplicates, unread }: PhotoGroups): string[] {
  return [
    ...(videos > 0 ? [`${counted(videos, "video")}: frames that follow one another lie in one split`] : []),
    ...(duplicates > 0 ? [`${counted(duplicates, "photo")} shown twice: both lie in one split`] : []),
    ...unread.map(({ error }) => `left out: ${error.message}`),
  ];
}
