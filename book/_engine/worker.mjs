// Python in a thread of its own. Messages in: {start: manifest}, then {id, request}. Messages out: {progress} and
// {ready} while it starts, {calling: id} whenever a reader's function is called, {id, answer} or {id, problem}.

import { loadPyodide } from "./pyodide.mjs";

const PLACE = new URL("./", import.meta.url);
const GZIP = [0x1f, 0x8b];
// What this takes on a machine that the time limits are meant for, in milliseconds; and how often it is tried, as
// other programs may be running.
const REFERENCE = { code: "sum(i * i for i in range(20_000))", time: 8, tries: 5, most: 4 };

let page; // the module checks.page, once it is there
let typesetting;

function versioned(file, manifest) {
  return new URL(file.replace(".", `-${manifest.name}.`), PLACE);
}

async function fetched(file, manifest, onBytes) {
  const response = await fetch(versioned(file, manifest));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  const parts = [];
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onBytes(value.length);
  }
  return new Blob(parts);
}

// Some servers say that a compressed file is an encoded one, and the browser has then decompressed it already.
async function decompressed(blob) {
  const start = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (!GZIP.every((byte, i) => start[i] === byte)) return new Uint8Array(await blob.arrayBuffer());
  return new Uint8Array(await new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

// From the picture of the memory. It may be larger than the memory that Pyodide starts with, which must grow first.
async function fromMemory(memory) {
  const { default: create } = await import("./pyodide.asm.mjs");
  const createPyodideModule = async (settings) => {
    const module = await create(settings);
    module.growMemory(memory.length);
    return module;
  };
  return loadPyodide({ indexURL: PLACE.href, env: { HOME: "/", PYTHONHASHSEED: "0" }, _loadSnapshot: memory, createPyodideModule });
}

async function started(manifest) {
  let have = 0;
  const all = Object.values(manifest.bytes).reduce((a, b) => a + b);
  const onBytes = (count) => postMessage({ progress: Math.min(1, (have += count) / all) });
  const library = fetched("library.zip", manifest, onBytes);
  let python;
  try {
    python = await fromMemory(await decompressed(await fetched("memory.bin", manifest, onBytes)));
  } catch (problem) {
    console.info(`starting without the picture of the memory: ${problem}`);
    python = await loadPyodide({ indexURL: PLACE.href, env: { HOME: "/", PYTHONHASHSEED: "0" } });
    python.runPython("import sys; sys.path.insert(0, '/library.zip')");
  }
  python.FS.writeFile("/library.zip", new Uint8Array(await (await library).arrayBuffer()));
  page = python.pyimport("checks.page");
  return slowness(python);
}

function slowness(python) {
  const times = Array.from({ length: REFERENCE.tries }, () => {
    const before = performance.now();
    python.runPython(REFERENCE.code);
    return performance.now() - before;
  });
  return Math.min(REFERENCE.most, Math.max(1, Math.min(...times) / REFERENCE.time));
}

async function typeset(tex, displayMode) {
  typesetting ??= import("./katex.min.js").then(() => self.katex);
  return (await typesetting).renderToString(tex, { displayMode, throwOnError: false });
}

// Text in which mathematics stands between dollars.
async function worded(text) {
  const parts = text.split("$").map((part, i) => (i % 2 ? typeset(part, false) : escaped(part)));
  return (await Promise.all(parts)).join("");
}

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

// Formulas in an answer, set as mathematics: {tex} gets {html}, and so does each line of a chain.
async function withMathematics(answer) {
  if (answer.tex) answer.html = await typeset(answer.tex, true);
  for (const entry of answer.legend ?? []) entry.html = await typeset(entry.tex, false);
  for (const part of answer.report?.parts ?? []) {
    for (const line of part.lines) {
      const continued = line.left ? line.left : "\\quad {}";
      const whole = line.left === line.right ? line.left : `${continued} ${line.relation} ${line.right}`;
      line.html = await typeset(whole, true);
      line.because = await worded(line.reason ?? "");
    }
  }
  return answer;
}

async function answered({ id, request }) {
  postMessage({ calling: id });
  const calling = () => postMessage({ calling: id });
  return withMathematics(JSON.parse(page.ask(JSON.stringify(request), calling)));
}

self.onmessage = async ({ data }) => {
  try {
    if (data.start) postMessage({ ready: true, slowness: await started(data.start) });
    else postMessage({ id: data.id, answer: await answered(data) });
  } catch (problem) {
    postMessage({ id: data.id, problem: String(problem.message ?? problem).trim().split("\n").pop() });
  }
};
