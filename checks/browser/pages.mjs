// Opens every page of a built site in each of its looks, and prints what is wrong with it: one JSON object a visit,
// {page, theme, width, faults: [{kind, text}]}.  Usage: node pages.mjs FOLDER
import { readdirSync, readFileSync } from "node:fs";
import { eachOf, launch, PACKAGES, serve } from "./browser.mjs";

const THEMES = ["light", "dark"];
const WIDTHS = [1280, 390];
const PAGES_AT_ONCE = 2;
const AXE = readFileSync(`${PACKAGES}/axe-core/axe.min.js`, "utf-8");

// What goes wrong while a page loads: collected from before its first request.
function listen(page, origin, faults) {
  page.on("console", (message) => {
    if (message.type() === "error") faults.push({ kind: "console", text: `${message.text()} ${message.location().url}` });
  });
  page.on("pageerror", (error) => faults.push({ kind: "console", text: String(error) }));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) faults.push({ kind: "outside", text: url });
  });
}

// Runs in the page.  Mathematics must lie in the window or in a box that scrolls; the page itself must not scroll sideways.
function misplaced() {
  const SLACK = 1.5;
  const faults = [];
  const shown = (element) => element.closest(".katex, math").textContent.trim().slice(0, 60);
  const holder = (element) => {
    for (let box = element.parentElement; box && box !== document.documentElement; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== "visible") return box;
    return null;
  };
  const outside = (inner, box) => {
    const frame = box ? box.getBoundingClientRect() : { left: 0, right: innerWidth };
    return inner.left < frame.left - SLACK || inner.right > frame.right + SLACK;
  };
  const clips = (box) => !box || ["hidden", "clip"].includes(getComputedStyle(box).overflowX);
  for (const piece of document.querySelectorAll(".katex-html > .base, math:not(.katex-mathml math)")) {
    const rectangle = piece.getBoundingClientRect();
    const box = holder(piece);
    if (rectangle.width && clips(box) && outside(rectangle, box)) faults.push({ kind: "clipped", text: shown(piece) });
  }
  for (const box of document.querySelectorAll(".equation"))
    if (box.scrollHeight > box.clientHeight + SLACK)
      faults.push({ kind: "clipped", text: `from above or below: ${box.textContent.trim().slice(0, 60)}` });
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push({ kind: "sideways", text: `${scrollWidth} px in a window of ${clientWidth} px` });
  return faults;
}

// Runs in the page.  Typeset formulas and drawings are hidden from screen readers or one picture to them, axe has no rules for
// the inside of MathML, and these are most of the elements of a page: axe sees each as one box, and takes a quarter of the time.
function plain() {
  document.querySelectorAll(".katex-mathml").forEach((math) => (math.textContent = math.textContent.slice(0, 20)));
  for (const formula of document.querySelectorAll(".katex-html")) {
    const { width, height } = formula.getBoundingClientRect();
    formula.textContent = formula.textContent;
    formula.style = `display: inline-block; overflow: clip; width: ${width}px; height: ${height}px; text-indent: 0; padding: 0`;
  }
  document.querySelectorAll('svg[role="img"]').forEach((drawing) => drawing.replaceChildren());
}

// Runs in the page.
async function inaccessible() {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => ({ kind: "accessibility", text: `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}` })));
}

// Runs in the page.  As the theme's own switch does it: the style sheets look at these.  Colours that are on their way are
// neither those of light nor those of dark.
function dress(theme) {
  Object.assign(document.documentElement.dataset, { theme, mode: theme });
  for (const running of document.getAnimations()) if (running instanceof CSSTransition) running.finish();
}

// A page is loaded once for a width, in light, and looked at in both themes.
async function visit(browser, origin, { name, width }) {
  const loading = [];
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: "light" });
  const told = (theme, faults) => console.log(JSON.stringify({ page: name, theme, width, faults: [...loading, ...faults] }));
  try {
    const page = await context.newPage();
    listen(page, origin, loading);
    await page.goto(`${origin}/${name}`, { waitUntil: "load" });
    await page.evaluate(() => document.querySelectorAll("details").forEach((box) => (box.open = true)));
    await page.evaluate(() => new Promise((laidOut) => requestAnimationFrame(() => setTimeout(laidOut))));
    const placed = await page.evaluate(misplaced);
    await page.evaluate(plain);
    await page.evaluate(AXE);
    for (const theme of THEMES) {
      await page.evaluate(dress, theme);
      told(theme, [...placed, ...(await page.evaluate(inaccessible))]);
    }
  } catch (error) {
    for (const theme of THEMES) told(theme, [{ kind: "console", text: `the visit broke off: ${error}` }]);
  } finally {
    await context.close();
  }
}

const folder = process.argv[2];
// index.html only leads to the first page
const pages = readdirSync(folder).filter((name) => name.endsWith(".html") && name !== "index.html");
const browser = await launch();
const site = await serve(folder);
await eachOf(pages.flatMap((name) => WIDTHS.map((width) => ({ name, width }))), PAGES_AT_ONCE, (look) =>
  visit(browser, site.origin, look));
await browser.close();
site.close();
