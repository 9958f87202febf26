// Walks through pages by the Tab key, and prints what a reader who has no pointer would miss: one JSON object a page,
// {page, stops, faults}.  Usage: node keyboard.mjs FOLDER WIDTH PAGE …
import { launch, serve } from "./browser.mjs";

const MOST_STOPS = 3000;

// Runs in the page: where the focus is, and whether it can be seen there.
async function focused() {
  // the skip link slides into view
  await Promise.all(document.getAnimations().map((moving) => moving.finished.catch(() => {})));
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { width, height, top, bottom } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  window.met ??= new Set();
  const again = window.met.has(element);
  window.met.add(element);
  return {
    name: `<${element.localName} class="${element.className}"> ${element.textContent.trim().slice(0, 40)}`,
    seen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
    marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
    again, href: element.getAttribute("href"),
  };
}

async function stops(page, faults) {
  for (let count = 0; count < MOST_STOPS; count++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (!stop || stop.again) return count;
    if (count === 0 && stop.href !== "#main-content") faults.push(`the first stop is no skip link: ${stop.name}`);
    if (!stop.seen) faults.push(`out of sight: ${stop.name}`);
    if (!stop.marked) faults.push(`focus without a mark: ${stop.name}`);
  }
  faults.push("the end is never reached");
  return MOST_STOPS;
}

// The skip link leads past the navigation, and a folded answer opens by a key.
async function skipAndOpen(page, faults) {
  await page.reload();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const inside = await page.evaluate(() => Boolean(document.activeElement.closest("#main-content")));
  if (!inside) faults.push("the skip link does not lead to the content");
  const summary = page.locator("#main-content details:not(.aside) > summary").first();
  if ((await summary.count()) === 0) return;
  await summary.focus();
  await page.keyboard.press("Enter");
  const open = await summary.evaluate((element) => element.parentElement.open);
  if (!open) faults.push("what is folded does not open by Enter");
}

const [folder, width, ...names] = process.argv.slice(2);
const browser = await launch();
const site = await serve(folder);
for (const name of names) {
  const faults = [];
  const page = await browser.newPage({ viewport: { width: Number(width), height: 900 }, reducedMotion: "reduce" });
  await page.goto(`${site.origin}/${name}`, { waitUntil: "load" });
  const count = await stops(page, faults);
  await skipAndOpen(page, faults);
  await page.close();
  console.log(JSON.stringify({ page: name, stops: count, faults }));
}
await browser.close();
site.close();
