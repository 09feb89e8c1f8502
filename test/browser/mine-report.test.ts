/** The mine report in a real browser, from a file, offline: it works, asks for nothing and cannot be harmed. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MineResult, TokenEvidence } from "../../src/glitch/evidence.ts";
import { renderMineHtml } from "../../src/report/index.ts";
import { launchChromium } from "./chromium.ts";
import { HOSTILE_TEXTS, sampleMine } from "./sample-mine.ts";

const result: MineResult = sampleMine(4_000);
/** As many rows as Mixtral has tokens, 20 MB of page. */
const large: MineResult = sampleMine(32_000);
const glitches = result.tokens.filter(({ verdict }) => verdict === "glitch");

// A cold browser on a busy machine.
const HOOK_TIMEOUT = 60_000;

let browser: Browser;
let folder: string;
/** Where the small and the large report lie. */
let urls: { small: string; large: string };
let page: Page;
/** Console errors, uncaught errors and requests beyond the file: must stay empty. */
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-report-"));
  const write = async (name: string, report: MineResult) => {
    await writeFile(join(folder, name), renderMineHtml(report, { command: "npx assay mine --all" }));
    return pathToFileURL(join(folder, name)).href;
  };
  urls = { small: await write("small.html", result), large: await write("large.html", large) };
  browser = await launchChromium();
}, HOOK_TIMEOUT);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  page = await open();
}, HOOK_TIMEOUT);
afterEach(async () => {
  expect(complaints).toEqual([]);
  expect(await page.evaluate("window.harmed")).toBeUndefined();
  await page.context().close();
});

async function open(options: BrowserContextOptions = {}, url = urls.small): Promise<Page> {
  const context = await browser.newContext({ ...options, offline: true, acceptDownloads: true });
  const opened = await context.newPage();
  complaints = [];
  opened.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  opened.on("pageerror", (error) => complaints.push(String(error)));
  opened.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("blob:")) complaints.push(request.url());
  });
  await opened.goto(url);
  return opened;
}

const place = () => page.locator("#place").textContent();
const rows = () => page.locator("#rows tr.token");
const ids = async () =>
  (await rows().evaluateAll((all) => all.map((row) => Number(row.getAttribute("data-row"))))) as number[];
const sortBy = (column: string) => page.locator(`th[data-column="${column}"] button`).click();

describe("the verdict table", () => {
  it("begins with the most suspect glitches", async () => {
    expect(await place()).toBe(`1–50 of ${glitches.length}`);
    const expected = [...glitches].sort((a, b) => a.p! - b.p! || a.id - b.id).slice(0, 50);
    expect(await ids()).toEqual(expected.map(({ id }) => id));
  });

  it("sorts all rows by every column, both ways, unknown figures last", async () => {
    await page.selectOption("#verdict", "");
    const figures: Record<string, (token: TokenEvidence) => number | undefined> = {
      id: ({ id }) => id,
      p: ({ p }) => p,
      rank: ({ rank }) => rank,
      entropy: ({ entropy }) => entropy,
      asr: ({ asr }) => asr,
      indicator: ({ indicators }) => indicators["unused-cosine"],
    };
    for (const [column, figure] of Object.entries(figures)) {
      const known = result.tokens.map(figure).filter((value) => value !== undefined);
      for (const direction of ["ascending", "descending"]) {
        const head = page.locator(`th[data-column="${column}"]`);
        // The table begins sorted by p, so the first click there turns it round.
        while ((await head.getAttribute("aria-sort")) !== direction) await sortBy(column);
        const shown = (await ids()).map((id) => figure(result.tokens[id]!));
        const sign = direction === "ascending" ? 1 : -1;
        expect(shown).toEqual(known.toSorted((a, b) => sign * (a - b)).slice(0, 50));
      }
    }
    for (const column of ["text", "class", "verdict"]) {
      await sortBy(column);
      expect(await page.locator(`th[data-column="${column}"]`).getAttribute("aria-sort")).toBe("ascending");
    }
    await page.click("#last");
    expect(await place()).toBe("3,951–4,000 of 4,000");
  });

  it("searches text and ids and filters by verdict and class", async () => {
    await page.selectOption("#verdict", "");
    await page.fill("#search", "<IMG src");
    expect(await ids()).toEqual([301]);
    await page.fill("#search", "3999");
    expect(await ids()).toEqual([3_999]);
    await page.fill("#search", " ka");
    const found = result.tokens.filter(({ text }) => text.toLowerCase().replaceAll("▁", " ").includes(" ka"));
    expect(await place()).toContain(`of ${found.length.toLocaleString("en-US")}`);
    await page.fill("#search", "");
    await page.selectOption("#class", "byte");
    expect(await place()).toBe("1–50 of 256");
    await page.selectOption("#verdict", "glitch");
    expect(await place()).toBe("No token fits.");
  });

  it("stays quick with 32,000 rows", async () => {
    await page.context().close();
    page = await open({}, urls.large);
    await page.selectOption("#verdict", "");
    const slowest = await page.evaluate(() => {
      // The browser's own globals; this file is checked without their types.
      const { document, performance } = globalThis as unknown as {
        document: { querySelectorAll(selector: string): Iterable<{ click(): void }> };
        performance: { now(): number };
      };
      return Math.max(
        ...[...document.querySelectorAll("th[data-column] button, #next, #last, #previous")].map((button) => {
          const start = performance.now();
          button.click();
          return performance.now() - start;
        }),
      );
    });
    // Against a page that freezes, not for speed: that depends on the machine.
    expect(slowest).toBeLessThan(5_000);
  });
});

describe("evidence", () => {
  it("opens and closes by keyboard and keeps the focus", async () => {
    const token = [...glitches].sort((a, b) => a.p! - b.p! || a.id - b.id)[0]!;
    const toggle = page.locator(`#toggle-${token.id}`);
    await toggle.focus();
    await page.keyboard.press("Enter");
    expect(await toggle.getAttribute("aria-expanded")).toBe("true");
    const evidence = page.locator("tr.evidence");
    const text = (await evidence.textContent())!;
    for (const { template } of token.probes) expect(text).toContain(template);
    expect(await evidence.locator(".top li").count()).toBe(token.probes.length * 5);
    for (const { seed } of token.attempts!) expect(text).toContain(String(seed));
    await page.keyboard.press("Space");
    expect(await evidence.count()).toBe(0);
    expect(await toggle.evaluate((button) => button.matches(":focus"))).toBe(true);
  });

  it("shows hostile tokens as text, hidden characters as escapes", async () => {
    for (const [index, text] of HOSTILE_TEXTS.entries()) {
      await page.fill("#search", `id:${300 + index}`);
      await rows().first().click();
      const shown = (await rows().locator("code").first().textContent())!;
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      if (/^[ -~]*$/.test(text)) expect(shown).toBe(text);
    }
  });

  it("is found from a mark in the plot", async () => {
    const mark = page.locator("#scatter [data-id]").first();
    const id = Number(await mark.getAttribute("data-id"));
    await mark.dispatchEvent("click");
    expect(await ids()).toEqual([id]);
    expect(await page.locator("tr.evidence").count()).toBe(1);
  });
});

describe("downloads", () => {
  const download = async (button: string) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
  };

  it("gives the whole result as JSON", async () => {
    const { name, text } = await download("#json");
    expect(name).toBe(`${result.run}.json`);
    expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(result));
  });

  it("gives the rows that fit as CSV in which no cell is a formula", async () => {
    const { text } = await download("#csv");
    const lines = text.split("\r\n");
    expect(lines[0]).toMatch(/^"id","text","class","verdict","p".*"unused-cosine"$/);
    expect(lines).toHaveLength(1 + glitches.length);
    expect(text).toContain(`"'=HYPERLINK(""http`);
    expect(text).not.toMatch(/,"[=+@-]/);
  });
});

describe("on other surfaces", () => {
  it("fits a phone without scrolling sideways", async () => {
    await page.context().close();
    page = await open({ viewport: { width: 360, height: 740 } });
    await rows().first().click();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  });

  it("follows the reader's dark setting", async () => {
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await paper();
    await page.emulateMedia({ colorScheme: "dark" });
    expect([light, await paper()]).toEqual(["rgb(255, 255, 255)", "rgb(18, 21, 26)"]);
  });

  it("prints more than one screen of rows, then shows one again", async () => {
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await rows().count()).toBe(Math.min(500, glitches.length));
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await rows().count()).toBe(50);
  });

  it("keeps figures, plots and templates without script", async () => {
    await page.context().close();
    page = await open({ javaScriptEnabled: false });
    const text = (await page.locator("main").textContent())!;
    for (const part of ["Probes/s", "echo-quoted", "The table needs JavaScript"])
      expect(text).toContain(part);
    expect(await page.locator("#scatter").isVisible()).toBe(true);
    await page.context().close();
    page = await open();
  });
});
