// A headless Chromium, and a web server for a built site: for the tests of the pages, the measurements and the PDF.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const ENVIRONMENT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".venv");
export const PACKAGES = join(ENVIRONMENT, "node", "node_modules");
export const require = createRequire(join(PACKAGES, "index.js"));

// A busy machine may take long over a page; what hangs is ended all the same.
const PATIENCE = 180_000;
const OF_THE_SYSTEM = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none"];
const MISSING_LIBRARY = /error while loading shared libraries: (\S+?):/;

// Chromium as an npm package is unpacked on its first start; inside the environment, so that it goes when that goes.
async function unpacked() {
  process.env.TMPDIR = join(ENVIRONMENT, "var", "chromium");
  mkdirSync(process.env.TMPDIR, { recursive: true });
  const { default: chromium } = await import(pathToFileURL(require.resolve("@sparticuz/chromium")));
  chromium.setGraphicsMode = false;
  return chromium.executablePath();
}

function onThePath() {
  return OF_THE_SYSTEM.find((name) => spawnSync(name, ["--version"]).status === 0);
}

// The path of a Chromium that starts; throws with what to install if there is none.
export async function executable() {
  const path = await unpacked();
  const tried = spawnSync(path, ["--version", "--no-sandbox"], { encoding: "utf-8" });
  if (tried.status === 0) return path;
  const other = onThePath();
  if (other) return other;
  throw new Error(complaint(tried.stderr || String(tried.error)));
}

export function complaint(said) {
  const library = MISSING_LIBRARY.exec(said)?.[1];
  const why = library ? `${library} is missing` : said.trim();
  return `No browser starts (${why}): apt install libnss3 libnspr4 libexpat1, or apt install chromium`;
}

export async function launch(flags = []) {
  const { chromium } = require("playwright-core");
  const browser = await chromium.launch({ executablePath: await executable(), args: ["--no-sandbox", ...FLAGS, ...flags] });
  const newContext = browser.newContext.bind(browser); // which newPage calls, too
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(PATIENCE);
    return context;
  };
  return browser;
}

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
  ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8", ".py": "text/plain; charset=utf-8", ".xml": "application/xml",
};
const COMPRESSED = new Set([".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".py", ".xml", ".wasm"]);

// A file as it is sent; compressed where any real host does so.
function sent(folder, url) {
  let path = join(folder, normalize(decodeURIComponent(new URL(url, "http://site").pathname)));
  if (statSync(path).isDirectory()) path = join(path, "index.html");
  const type = extname(path);
  const headers = { "content-type": TYPES[type] ?? "application/octet-stream" };
  const content = readFileSync(path);
  if (!COMPRESSED.has(type)) return { headers, body: content };
  return { headers: { ...headers, "content-encoding": "gzip" }, body: gzipSync(content) };
}

// Serves a folder on a free port of this machine: {origin, close}.
export async function serve(folder) {
  const kept = new Map();
  const server = createServer((request, response) => {
    try {
      if (!kept.has(request.url)) kept.set(request.url, sent(folder, request.url));
      const { headers, body } = kept.get(request.url);
      response.writeHead(200, { ...headers, "content-length": body.length }).end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("no such file");
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => (server.closeAllConnections(), server.close());
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

// Runs tasks, a few at a time: the cores wait for each other otherwise.
export async function eachOf(items, atOnce, task) {
  const waiting = [...items];
  const worker = async () => {
    while (waiting.length) await task(waiting.shift());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
