/** @file A terminal, or a file, and a clock of a test's own for what shows progress. */

export function screen({ isTTY = false, columns = 100 } = {}) {
  let written = "";
  let time = 0;
  const stream = {
    isTTY,
    columns,
    write: (text: string) => {
      written += text;
    },
  };
  return {
    options: { stream, now: () => time, colour: false },
    advance: (seconds: number) => {
      time += seconds * 1000;
    },
    /** What was written since the last call, with `<` for each return to a cleared line. */
    take: () => {
      const text = written.replaceAll("\r\u001b[2K", "<");
      written = "";
      return text;
    },
  };
}
