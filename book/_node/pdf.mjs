// The pages of a built site on paper, each as a PDF and all as one: node pdf.mjs FOLDER OUT TOC
// Folded answers are open, links between pages lead within the book, what is wider than the paper is made smaller.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { launch, serve } from "../../checks/browser/browser.mjs";

const PAPER = { width: 673, height: 970 }; // A4 within its margins (reading.css), in CSS pixels
const FOOTER = `<div style="width: 100%; font: 8px sans-serif; color: #4d555e; padding: 0 16mm; display: flex; justify-content: space-between">
  <span>TITLE</span><span class="pageNumber"></span></div>`;
const BOOK = "checked-derivations";

// Runs in the page.  Everything open, nothing wider than the paper.
function fit() {
  document.querySelectorAll("details:not(.verdict)").forEach((box) => (box.open = true)); // evidence would double the paper
  for (const box of document.querySelectorAll(".equation, .scrolls, .drawing, .bd-article table")) {
    const ratio = box.clientWidth / box.scrollWidth;
    if (ratio < 1) (box.firstElementChild ?? box).style.zoom = ratio * 0.99;
  }
}

// Runs in the page.  A link to another page would lead to this machine.
function keepLinksWithin() {
  for (const link of document.querySelectorAll("a[href]"))
    if (link.origin === location.origin && link.pathname !== location.pathname) link.removeAttribute("href");
}

// Runs in the first page.  The other pages follow it as chapters, their ids told apart by the name of the page.
async function gather(names) {
  const within = (name, href) => {
    const [file, anchor] = href.split("#");
    const other = file.replace(/\.html$/, "") || name;
    return names.includes(other) ? `#${other}--${anchor ?? ""}` : href;
  };
  const chapter = async (name) => {
    const html = await (await fetch(`${name}.html`)).text();
    const article = new DOMParser().parseFromString(html, "text/html").querySelector("article.bd-article");
    const told = article.outerHTML
      .replace(/ id="([^"]+)"/g, ` id="${name}--$1"`)
      .replace(/ (xlink:href|href)="([^":]*)"/g, (_, kind, href) => ` ${kind}="${within(name, href)}"`)
      .replace(/url\(#/g, `url(#${name}--`);
    return `<div id="${name}--" class="chapter">${told}</div>`;
  };
  const chapters = await Promise.all(names.map(chapter));
  const place = document.querySelector("article.bd-article");
  place.outerHTML = `<article class="bd-article">${chapters.join("")}</article>`;
  document.head.insertAdjacentHTML("beforeend", "<style>.chapter + .chapter { break-before: page }</style>");
}

async function print(page, file, title) {
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(fit);
  await page.evaluate(fit); // what was folded inside what was folded has a width now
  await page.pdf({
    path: file, preferCSSPageSize: true, printBackground: true, outline: true, tagged: true, timeout: 0,
    displayHeaderFooter: true, headerTemplate: "<span></span>", footerTemplate: FOOTER.replace("TITLE", title),
  });
  console.log(`${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

const [folder, out, toc] = process.argv.slice(2);
const names = [...readFileSync(toc, "utf-8").matchAll(/(?:root|file): *(\w+)/g)].map(([, name]) => name);
mkdirSync(out, { recursive: true });
const browser = await launch();
const site = await serve(folder);
const context = await browser.newContext({ viewport: PAPER, colorScheme: "light" });
context.setDefaultTimeout(0);

async function open(name) {
  const page = await context.newPage();
  await page.goto(`${site.origin}/${name}.html`, { waitUntil: "load" });
  return page;
}

for (const name of names) {
  const page = await open(name);
  await page.evaluate(keepLinksWithin);
  await print(page, join(out, `${name}.pdf`), await page.title());
  await page.close();
}
const book = await open(names[0]);
await book.evaluate(gather, names);
await print(book, join(out, `${BOOK}.pdf`), "Checked Derivations");
await browser.close();
site.close();
