// What a reader does with the chains of a small book, in a real Chromium; prints what was seen as JSON.
// The only argument is the folder of the book, which is opened from the disk.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ENVIRONMENT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".venv");
const require = createRequire(join(ENVIRONMENT, "node", "node_modules", "index.js"));
process.env.TMPDIR = join(ENVIRONMENT, "var", "chromium");
mkdirSync(process.env.TMPDIR, { recursive: true });
const { chromium } = require("playwright-core");
const { default: packed } = await import(pathToFileURL(require.resolve("@sparticuz/chromium")));

const book = process.argv[2];
const at = (page, place = "") => pathToFileURL(join(book, page)).href + place;
const browser = await chromium.launch({ executablePath: await packed.executablePath(), args: ["--no-sandbox"] });
const seen = {};

// One scene has a context of its own; an error in the page is part of what is seen.
async function scene(name, act, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  try {
    seen[name] = { ...(await act(page, context)), errors };
  } catch (problem) {
    seen[name] = { broke: problem.message, errors };
  }
  await context.close();
}

const shown = (page, selector) =>
  page.locator(selector).evaluateAll((all) => all.filter((e) => e.checkVisibility() && e.clientHeight > 0).length);
const form = (page, value) => page.locator(`.form-choice input[value=${value}]`).first();
const FORM = ".component-form";
const MATRIX = ".forms > div.math:not(.component-form)";
const counts = async (page) => ({ components: await shown(page, FORM), matrices: await shown(page, MATRIX) });

async function choose(page, value) {
  await form(page, value).check();
  await page.waitForFunction((wanted) => document.documentElement.dataset.forms === wanted, value);
  return counts(page);
}

await scene("forms", async (page) => {
  const asked = [];
  page.on("request", (request) => request.url().includes("/components/") && asked.push(request.url()));
  await page.goto(at("index.html"));
  const places = await page.locator(FORM).count();
  const first = { ...(await counts(page)), asked: asked.length };
  const both = await choose(page, "both");
  const empty = await page.locator(`${FORM}:not(:has(.katex))`).count();
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.forms === "both");
  const again = await counts(page);
  const components = await choose(page, "components");
  await page.goto(at("other.html"));
  await page.waitForFunction(() => document.documentElement.dataset.forms === "components");
  const elsewhere = await form(page, "components").isChecked();
  await form(page, "components").focus();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.documentElement.dataset.forms === "matrix");
  return { places, first, both, empty, again, components, elsewhere, byKey: await counts(page) };
});

await scene("no storage", async (page, context) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, "localStorage", { get() { throw new Error("storage is refused"); } });
  });
  await page.goto(at("index.html"));
  return { both: await choose(page, "both") };
});

await scene("no component script", async (page, context) => {
  await context.route("**/components/*", (route) => route.abort());
  await page.goto(at("index.html"));
  await form(page, "both").click();
  await page.waitForFunction(() => document.querySelector(".form-choice output").textContent);
  const said = await page.locator(".form-choice output").first().textContent();
  return { said, matrix: await form(page, "matrix").isChecked(), ...(await counts(page)) };
});

await scene("no script", async (page) => {
  await page.goto(at("index.html"));
  return { lines: await shown(page, "li.line"), tools: await page.locator(".chain-tools").count(), ...(await counts(page)) };
}, { javaScriptEnabled: false });

const FOLDED = "#rnn-adjoint-3";
await scene("permalink", async (page) => {
  await page.goto(at("index.html"));
  const before = await shown(page, FOLDED);
  await page.goto(at("other.html"));
  await page.goto(at("index.html", FOLDED));
  const after = await shown(page, FOLDED);
  const inView = await page.locator(FOLDED).evaluate((e) => e.getBoundingClientRect().top < innerHeight);
  return { before, after, inView };
});

await scene("print", async (page) => {
  await page.goto(at("index.html"));
  await page.emulateMedia({ media: "print" });
  const byStyle = await shown(page, FOLDED);
  const open = () => page.locator("details.small-steps[open]").count();
  const folds = await page.locator("details.small-steps").count();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const printing = await open();
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  return { byStyle, folds, printing, after: await open() };
});

const preview = async (page) => ({
  open: (await page.locator("#preview:popover-open").count()) === 1,
  text: (await page.locator("#preview").count()) ? await page.locator("#preview p").textContent() : "",
});
const LINK = 'p a.reference.internal[href$="#rnn-adjoint-12"]';
await scene("preview by key", async (page) => {
  await page.goto(at("other.html"));
  const link = page.locator(LINK).first();
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    if (await link.evaluate((e) => e === document.activeElement)) break;
  }
  const focused = await preview(page);
  const described = await link.getAttribute("aria-describedby");
  const typeset = await page.locator("#preview .katex").count();
  await page.keyboard.press("Escape");
  const escaped = await preview(page);
  const still = await link.evaluate((e) => e === document.activeElement);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/index.html#rnn-adjoint-12");
  return { focused, described, typeset, escaped, still };
});

await scene("preview by pointer", async (page) => {
  await page.goto(at("other.html"));
  await page.hover(LINK);
  await page.waitForSelector("#preview:popover-open");
  await page.hover("#preview");
  await page.waitForTimeout(500);
  const kept = await preview(page);
  await page.mouse.move(1, 1);
  await page.waitForTimeout(500);
  return { kept, left: await preview(page) };
});

await scene("preview by touch", async (page) => {
  await page.goto(at("other.html"));
  await page.tap(LINK);
  await page.waitForSelector("#preview:popover-open");
  const first = { ...(await preview(page)), moved: page.url().includes("#rnn") };
  const box = await page.locator("#preview").boundingBox();
  await page.tap(LINK);
  await page.waitForURL("**/index.html#rnn-adjoint-12");
  return { first, fits: box.x >= 0 && box.x + box.width <= 390 };
}, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

await scene("predict", async (page) => {
  await page.goto(at("index.html"));
  const chain = page.locator("div.derivation").first();
  const button = chain.locator("button.predict");
  const lines = () => shown(page, "div.derivation:first-of-type li.line div.math");
  const all = await lines();
  await button.focus();
  await page.keyboard.press("Enter");
  const hidden = await lines();
  const boxes = await shown(page, ".guess input");
  await page.keyboard.type("d(L) + rest");
  await page.keyboard.press("Enter");
  const focus = await page.evaluate(() => document.activeElement.closest("li.line")?.id);
  const rules = await shown(page, "details.small-steps > summary");
  await button.click();
  const off = await lines();
  await button.click();
  const kept = await page.locator("#rnn-adjoint-2 .guess input").inputValue();
  const boxLine = await page.evaluate(() => document.activeElement.closest("li.line")?.id);
  for (let line = 3; line <= 12; line++) await page.keyboard.press("Enter");
  return { all, hidden, boxes, focus, rules, off, kept, boxLine, end: await lines() };
});

await scene("predict with a checker", async (page, context) => {
  await context.addInitScript(() => {
    const checkLine = async (label, text) => {
      if (text === "break") throw new Error("no engine");
      return { verdict: "refuted", lines: [`${label}: ${text}`] };
    };
    window.checkedDerivations = { checkLine };
  });
  await page.goto(at("index.html"));
  await page.locator("button.predict").first().click();
  const said = async (text) => {
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => !/^(Checking|$)/.test(document.querySelector(".guess output").textContent));
    return page.locator(".guess output").first().textContent();
  };
  return { answer: await said("x + y"), broken: await said("break"), line: await shown(page, "#rnn-adjoint-2 div.math") };
});

await browser.close();
console.log(JSON.stringify(seen));
