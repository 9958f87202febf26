// The page's side of Python: starts it when it is first wanted, hands it one request after the other, and stops it
// when an answer takes too long. `checkedDerivations.ask(request)` -> a promise of the answer.

window.checkedDerivations = (() => {
  // How long Python may go on without a sign of life, in milliseconds, on a machine that is not slow.
  const LIMITS = { check: 2000, typeset: 2000, legend: 5000, line: 10000, gradient: 20000 };
  const place = new URL("./", document.currentScript.src);
  const watchers = new Set();
  const waiting = new Map(); // id -> {request, resolve, reject}
  let worker, state = { name: "not started", progress: 0 }, slowness = 1, lastId = 0, timer, running;

  function tell(change) {
    state = { ...state, ...change };
    for (const watcher of watchers) watcher(state);
  }

  async function start() {
    if (worker || state.name === "starting") return;
    tell({ name: "starting", progress: 0 });
    try {
      const response = await fetch(new URL("manifest.json", place), { cache: "no-cache" });
      worker = new Worker(new URL("worker.mjs", place), { type: "module" });
      worker.onmessage = ({ data }) => received(data);
      worker.onerror = () => failed("Python cannot be started in this browser.");
      worker.postMessage({ start: await response.json() });
    } catch {
      const served = location.protocol === "file:"
        ? "Browsers start Python only on pages that come from a server: run  python -m http.server  in the folder of this site."
        : "Python cannot be loaded from this server.";
      failed(served);
    }
  }

  function failed(message) {
    worker?.terminate();
    worker = undefined;
    tell({ name: "failed", message });
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  }

  function received({ progress, ready, slowness: found, calling, id, answer, problem }) {
    if (progress !== undefined) tell({ progress });
    else if (ready) {
      slowness = found;
      tell({ name: "ready" });
      next();
    } else if (calling !== undefined) watch();
    else if (problem !== undefined && id === undefined) failed(`Python cannot be started: ${problem}`);
    else if (waiting.has(id)) {
      const asked = waiting.get(id);
      finish(id);
      if (problem === undefined) asked.resolve(answer);
      else asked.reject(new Error(problem));
    }
  }

  function finish(id) {
    clearTimeout(timer);
    waiting.delete(id);
    running = undefined;
    next();
  }

  function next() {
    if (state.name !== "ready" || running !== undefined || waiting.size === 0) return;
    const [id, { request }] = waiting.entries().next().value;
    running = id;
    watch();
    worker.postMessage({ id, request });
  }

  function watch() {
    clearTimeout(timer);
    const { request } = waiting.get(running) ?? {};
    if (request) timer = setTimeout(stop, LIMITS[request.do] * slowness);
  }

  // An endless loop, or numbers that grow without end: the thread is given up, and another one is started.
  function stop() {
    const asked = waiting.get(running);
    const seconds = Math.round(LIMITS[asked.request.do] * slowness / 1000);
    waiting.delete(running);
    running = undefined;
    worker.terminate();
    worker = undefined;
    tell({ name: "not started" });
    asked.reject(Object.assign(new Error(`It took longer than ${seconds} s and was stopped.`), { stopped: true }));
    start();
  }

  function ask(request) {
    start();
    return new Promise((resolve, reject) => {
      if (state.name === "failed") return reject(new Error(state.message));
      waiting.set(++lastId, { request, resolve, reject });
      next();
    });
  }

  return {
    ask,
    start,
    checkLine: (label, text) => ask({ do: "line", label, text }),
    legend: (label) => ask({ do: "legend", label }),
    watch: (watcher) => (watchers.add(watcher), watcher(state)),
    retry: () => state.name === "failed" && (tell({ name: "not started" }), start()),
  };
})();
