// Moves every slider of the explorables of pages by key, opened from the disk on a phone, and prints one JSON object for
// each slider.  Usage: node explorables.mjs FOLDER PAGE …
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const REST = 700; // longer than what is said aloud waits

// Runs in the page: what a reader sees of an explorable.
function seen(box) {
  return {
    drawn: box.querySelector(".panels").innerHTML,
    says: box.querySelector(".says").textContent,
    value: document.activeElement.getAttribute("aria-valuetext"),
    shown: box.querySelector(`output[data-of="${document.activeElement.name}"]`)?.textContent,
    data: box.querySelector("a.data").href,
    tall: box.offsetHeight,
    marked: getComputedStyle(document.activeElement).outlineStyle !== "none",
  };
}

async function moved(page, box, slider) {
  await slider.focus();
  const before = await box.evaluate(seen);
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  await page.waitForTimeout(REST);
  const after = await box.evaluate(seen);
  const rows = decodeURIComponent(after.data).trim().split("\n").length;
  return {
    slider: await slider.getAttribute("name"), changed: before.drawn !== after.drawn, said: after.says, again: before.says === after.says,
    value: [before.value, after.value], shown: after.shown, rows, wider: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    jump: after.tall - before.tall, marked: after.marked, file: before.data.startsWith("data:") || before.data.endsWith(".csv"),
  };
}

const [folder, ...names] = process.argv.slice(2);
const browser = await launch();
for (const name of names) {
  const errors = [];
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, reducedMotion: "reduce" });
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(pathToFileURL(join(folder, name)).href, { waitUntil: "load" });
  for (const box of await page.locator(".explorable").all()) {
    for (const slider of await box.locator("input[type=range]").all()) {
      console.log(JSON.stringify({ page: name, errors, ...(await moved(page, box, slider)) }));
    }
  }
  await page.close();
}
await browser.close();
