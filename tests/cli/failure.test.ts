import { afterEach, expect, test, vi } from "vitest";
import { reportFailure } from "../../src/cli/failure.js";
import { UsageError, UserError } from "../../src/common/errors.js";

function report(error: unknown): { code: number; text: string } {
  let text = "";
  const write = (more: string | Uint8Array) => {
    text += more;
    return true;
  };
  return { code: reportFailure(error, { write }), text };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test("what the user can mend is one line and exit code 1; wrong usage is 2", () => {
  expect(report(new UserError({ code: "x", what: "it broke", where: "file", fix: "Mend it." }))).toEqual({
    code: 1,
    text: "error: file: it broke. Mend it.\n",
  });
  expect(report(new UsageError("Not so."))).toEqual({ code: 2, text: "error: Not so.\n" });
});

test("a bug is exit code 70, with its stack only where TASKLOOM_DEBUG is set", () => {
  const quiet = report(new TypeError("undefined is not a function"));
  expect(quiet.code).toBe(70);
  expect(quiet.text).toContain("TASKLOOM_DEBUG=1");
  expect(quiet.text).not.toMatch(/^\s+at /m);
  vi.stubEnv("TASKLOOM_DEBUG", "1");
  expect(report(new TypeError("x")).text).toMatch(/^\s+at /m);
});
