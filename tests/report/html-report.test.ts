import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { escapeHtml, html } from "../../src/report/html.js";
import { htmlReport } from "../../src/report/html-report.js";
import { scratchFolder } from "../helpers/folder.js";
import { fakeReport, fakeRun } from "./fake-data.js";

const two = fakeReport([fakeRun("supervised", 0.6, 400), fakeRun("jtr", 0.75, 400)], "Two runs");
const nasty = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u0000`;

describe("html", () => {
  it("escapes everything but Html", () => {
    expect(
      html`<b title="${'"'}">${"<i>"}${html`<u>${"&"}</u>`}${[html`a`, "<"]}${undefined}${false}${0}</b>`
        .text,
    ).toBe('<b title="&quot;">&lt;i&gt;<u>&amp;</u>a&lt;0</b>');
    expect(escapeHtml("a\u0000b\nc")).toBe("a\ufffdb\nc");
  });
});

describe("htmlReport", () => {
  it("holds every section of a comparison", () => {
    const page = htmlReport(two);
    const headings = [...page.matchAll(/<h2>([^<]*)/g)].map((match) => match[1].trim());
    expect(headings).toEqual([
      "Results",
      "Predictions",
      "Metrics during training",
      "Losses",
      "Label coverage",
      "Notes",
      "Configuration",
      "Environment",
    ]);
    expect(page).toContain("Δ%, mean over primary metrics");
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(3 * 3 * 4 - 1);
    expect(page).toContain('alt="depth, jtr, test/0017"');
  });

  it("leaves out what a run does not have", () => {
    const page = htmlReport({
      title: "Empty",
      tasks: [],
      runs: [{ name: "a", records: [], final: {} }],
      pictures: [],
      coverage: [],
      configs: [],
      environment: [],
      notes: [],
    });
    expect([...page.matchAll(/<h2>([^<]*)/g)].map((match) => match[1])).toEqual(["Results"]);
  });

  it("fetches nothing and escapes everything it is given", () => {
    const bad = fakeRun(nasty, 0.5, 20);
    const page = htmlReport({
      title: nasty,
      summary: nasty,
      tasks: [
        { name: nasty, primaryMetric: nasty, metrics: [{ name: nasty, unit: nasty, better: "lower" }] },
      ],
      runs: [
        {
          ...bad,
          records: [
            { kind: "step", step: 1, epoch: 0, losses: { [nasty]: 1 }, learningRates: { main: 1 } },
            { kind: "evaluation", step: 1, epoch: 0, split: nasty, metrics: { [nasty]: { [nasty]: 1 } } },
          ],
          final: { [nasty]: { [nasty]: 1 } },
        },
      ],
      finalOn: nasty,
      pictures: [{ title: nasty, columns: [nasty], rows: [{ name: nasty, pictures: [undefined] }] }],
      coverage: [{ task: nasty, labelled: 1, total: 2 }],
      configs: [{ name: nasty, yaml: nasty }],
      environment: [[nasty, nasty]],
      notes: [nasty],
    });
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img|alert\(1\)<\/script>/);
    expect(page).not.toContain("\u0000");
    expect(page).toContain("default-src 'none'".replaceAll("'", "&#39;"));
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|@import|url\(|<link/);
  });
});

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
if (browserPath === undefined)
  console.warn("reports in a browser are skipped: no Chromium (Debian: apt-get install chromium)");

describe.skipIf(browserPath === undefined)("a report in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(() => browser.close());

  it.each([
    ["wide", 1200],
    ["narrow", 380],
  ])("fits a %s window, works without errors, and reads values off its charts", async (_name, width) => {
    const path = join(scratchFolder(), "report.html");
    writeFileSync(path, htmlReport(two));
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push(request.url());
    });
    await page.goto(pathToFileURL(path).href);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    const chart = page.locator("figure.chart").first();
    await chart.locator("svg").hover();
    expect(await chart.locator("output").textContent()).toMatch(/^step 250: 0\.\d+ \/ 0\.\d+$/);
    const broken = await page.evaluate(
      () => [...document.images].filter((image) => image.naturalWidth !== 128).length,
    );
    expect(broken).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });
});
