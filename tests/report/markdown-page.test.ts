import { expect, it } from "vitest";
import { markdownPage } from "../../src/report/markdown-page.js";

it("turns headings, tables, bold and code into HTML, and escapes the rest", () => {
  const text =
    "# a <b>\n\nSplit `val`, **best** first.\n\n## night\n\n| method | depth |\n| --- | --- |\n| jtr | **0.5 ± 0.1** |\n| x \\| y | 0.6 |\n";
  const page = markdownPage(text, "a <b>");
  expect(page).toContain("<title>a &lt;b&gt;</title>");
  expect(page).toContain(
    "<h1>a &lt;b&gt;</h1><p>Split <code>val</code>, <b>best</b> first.</p><h2>night</h2>",
  );
  expect(page).toContain('<th scope="col">method</th><th scope="col">depth</th>');
  expect(page).toContain("<tr><td>jtr</td><td><b>0.5 ± 0.1</b></td></tr><tr><td>x | y</td><td>0.6</td></tr>");
});
