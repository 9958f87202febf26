// What pages weigh and how they score, as a table: node measure.mjs FOLDER PAGE …
// Weight: everything that a page loads, compressed, before the reader does anything.
import { pathToFileURL } from "node:url";
import { launch, require, serve } from "./browser.mjs";

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const DEBUGGING = 9333 + (process.pid % 500);

async function measured(url) {
  const options = { port: DEBUGGING, onlyCategories: CATEGORIES, logLevel: "error" };
  const { lhr } = await lighthouse(url, options);
  const requests = lhr.audits["network-requests"].details.items;
  const kilobytes = requests.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000;
  const scores = CATEGORIES.map((name) => lhr.categories[name].score);
  const seconds = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time"].map(
    (name) => lhr.audits[name].numericValue / 1000);
  const short = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs)
    .filter(({ id, weight }) => weight && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
    .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ""}`.trim());
  return { kilobytes, requests: requests.length, scores, seconds, elements: lhr.audits["dom-size-insight"]?.details, short };
}

const [folder, ...pages] = process.argv.slice(2);
const { default: lighthouse } = await import(pathToFileURL(require.resolve("lighthouse")));
const browser = await launch([`--remote-debugging-port=${DEBUGGING}`]);
const site = await serve(folder);
console.log("page              kB  requests  FCP s  LCP s  TBT s  performance  accessibility  best practices  SEO");
for (const name of pages) {
  const { kilobytes, requests, scores, seconds, short } = await measured(`${site.origin}/${name}.html`);
  const columns = [kilobytes.toFixed(0).padStart(5), String(requests).padStart(8), ...seconds.map((s) => s.toFixed(2).padStart(6)),
    ...scores.map((s) => s.toFixed(2).padStart(11))];
  console.log(name.padEnd(14), columns.join(" "), short.join("; "));
}
await browser.close();
site.close();
