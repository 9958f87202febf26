// Python for the reader's browser, made ready while the book is built:
//   node build.mjs PYODIDE SOURCES OUT
// SOURCES: a zip file of Python modules. Into OUT go the same modules as byte code (library.zip), and a picture of
// Python's memory in which they are loaded and `checks.page.prepare` has run (memory.bin, compressed by gzip).
// The packages of others go without docstrings, which are a third of what a reader would have to load.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [pyodide, sources, out] = process.argv.slice(2);
const { loadPyodide } = await import(join(pyodide, "pyodide.mjs"));
const options = { indexURL: pyodide, env: { HOME: "/", PYTHONHASHSEED: "0" } };

const COMPILE = `
import py_compile, zipfile, pathlib
wanted = zipfile.ZipFile("/sources.zip")
with zipfile.ZipFile("/library.zip", "w", zipfile.ZIP_DEFLATED) as library:
    for name in sorted(wanted.namelist()):
        content = wanted.read(name)
        if name.endswith(".py"):
            pathlib.Path("/module.py").write_bytes(content)
            ours = name.startswith(("derivations/", "checks/"))
            py_compile.compile("/module.py", "/module.pyc", dfile=name, doraise=True, optimize=0 if ours else 2,
                               invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            name, content = name + "c", pathlib.Path("/module.pyc").read_bytes()
        library.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
`;

const PREPARE = `
import gc, sys
sys.path.insert(0, "/library.zip")
sys.dont_write_bytecode = True
from checks import page
page.prepare()
gc.collect()
`;

async function compiled() {
  const python = await loadPyodide(options);
  python.FS.writeFile("/sources.zip", new Uint8Array(readFileSync(sources)));
  python.runPython(COMPILE);
  return python.FS.readFile("/library.zip");
}

async function remembered(library) {
  const python = await loadPyodide({ ...options, _makeSnapshot: true });
  python.FS.writeFile("/library.zip", library);
  python.runPython(PREPARE);
  return python.makeMemorySnapshot();
}

try {
  const library = await compiled();
  writeFileSync(join(out, "library.zip"), library);
  writeFileSync(join(out, "memory.bin"), gzipSync(await remembered(library), { level: 9 }));
} catch (problem) {
  // Python's traceback, not the minified source that JavaScript would show
  console.error(String(problem.message ?? problem).slice(-4000));
  process.exit(1);
}
