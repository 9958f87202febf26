// What becomes of a folded answer: node folded.mjs FOLDER PAGE ANCHOR prints {shut, linked, printed, remembered}, whether the
// line that the anchor names is hidden at first, and seen by a link to it, on paper, and once all answers have been asked for;
// and of margin notes: {beside, folded, unfolded}, whether the first is read beside the text, is folded on a phone, and opens.
import { launch, serve } from "./browser.mjs";

const [folder, name, anchor] = process.argv.slice(2);
const browser = await launch();
const site = await serve(folder);
const context = await browser.newContext();

async function seen(page) {
  return page.locator(`[id="${anchor}"]`).evaluate((line) => line.checkVisibility({ contentVisibilityAuto: false }));
}

async function opened(hash = "") {
  const page = await context.newPage();
  await page.goto(`${site.origin}/${name}${hash}`, { waitUntil: "load" });
  return page;
}

const page = await opened();
const shut = !(await seen(page));
await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
const printed = await seen(page);
await page.evaluate(() => dispatchEvent(new Event("afterprint")));
const shutAgain = !(await seen(page));
const linked = await seen(await opened(`#${anchor}`));
await page.locator(".answers-switch").click();
const remembered = (await seen(page)) && (await seen(await opened()));

const wide = await opened();
await wide.setViewportSize({ width: 1280, height: 900 });
const note = wide.locator("details.aside").first();
const text = note.locator("p").first();
const article = wide.locator("article.bd-article").first();
const read = () => text.evaluate((line) => line.checkVisibility({ contentVisibilityAuto: false }));
const [beside, ended] = await Promise.all([note, article].map((box) => box.boundingBox()));
const besideText = (await read()) && beside.x >= ended.x + ended.width - 40 && beside.x + beside.width <= 1280;
await wide.setViewportSize({ width: 390, height: 900 });
await wide.waitForFunction(() => !document.querySelector("details.aside").open);
const folded = !(await read());
await note.locator("summary").press("Enter");
const unfolded = await read();
console.log(JSON.stringify({ shut, shutAgain, linked, printed, remembered, beside: besideText, folded, unfolded }));
await browser.close();
site.close();
