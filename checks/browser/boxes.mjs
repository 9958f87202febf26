// Fills in answer boxes as a reader does: node boxes.mjs FOLDER ANSWERS, a JSON file with a list of
// {page, place, kind, answer}. Prints {outcome, text} for each, after the page was loaded anew {kept: the answer is still
// there}, and at last the files that can be saved, {toml, python}.
import { readFileSync } from "node:fs";
import { launch, serve } from "./browser.mjs";

const [folder, answers] = process.argv.slice(2);
const site = await serve(folder);
const browser = await launch();
const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => message.type() === "error" && faults.push(message.text()));

const FILL = {
  formula: (box, text) => box.locator("input").fill(text),
  function: (box, text) => box.locator("textarea").fill(text),
  async choice(box, letters) {
    const claims = box.locator("xpath=ancestor::*[contains(@class, 'exercise')][1]").locator(".claims input");
    for (let i = 0; i < (await claims.count()); i++) {
      const claim = claims.nth(i);
      if (letters.includes(await claim.inputValue())) await claim.check();
      else if ((await claim.getAttribute("type")) === "checkbox") await claim.uncheck();
    }
  },
  async witness(box, pieces) {
    const fields = box.locator(".answer-field");
    for (const [i, text] of Object.values(pieces).entries()) await fields.nth(i).fill(text);
  },
  async chain(box, lines) {
    const rows = box.locator(".answer-lines > li");
    while ((await rows.count()) < lines.length) await box.locator(".answer-more").click();
    for (let i = 0; i < (await rows.count()); i++) {
      const [text, reason] = [lines[i] ?? ""].flat();
      await rows.nth(i).locator("input").nth(0).fill(text);
      await rows.nth(i).locator("input").nth(1).fill(reason ?? "");
    }
  },
};

async function verdict(box) {
  await box.locator(".answer-check").focus();
  await page.keyboard.press("Enter");
  const said = box.locator(".answer-verdict");
  await box.locator(".answer-check:enabled").waitFor({ timeout: 120_000 });
  return { outcome: await said.getAttribute("data-outcome"), text: await said.innerText() };
}

const wanted = JSON.parse(readFileSync(answers, "utf-8"));
for (const { page: name, place, kind, answer } of wanted) {
  const url = `${site.origin}/${name}`;
  if (page.url() !== url) await page.goto(url);
  const box = page.locator(`#${place} form.answer-box`);
  await FILL[kind](box, answer);
  console.log(JSON.stringify({ place, ...(await verdict(box)) }));
}

async function saved(name) {
  const button = page.getByRole("button", { name }).first();
  if (!(await button.isVisible())) return "";
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return readFileSync(await download.path(), "utf-8");
}

await page.reload();
const kept = await page.evaluate(() => Object.keys(JSON.parse(localStorage.getItem("checked-derivations:answers"))).length);
const said = await page.locator(".answers-count").first().innerText();
console.log(JSON.stringify({ kept, said, toml: await saved("Save answers.toml"), python: await saved("Save answers.py") }));
page.on("dialog", (dialog) => dialog.accept());
await page.getByRole("button", { name: "Erase all" }).first().click();
await page.waitForFunction(() => document.querySelector(".answers-count")?.textContent.startsWith("Nothing"));
console.log(JSON.stringify({ erased: await page.evaluate(() => localStorage.getItem("checked-derivations:answers")), faults }));
await browser.close();
site.close();
