// Asks Python in the browser about many answers: node asked.mjs FOLDER PAGE REQUESTS, a JSON file with a list of requests.
// Prints one JSON object for each, {answer} or {problem}, with the seconds that it took, after one with those until ready.
import { readFileSync } from "node:fs";
import { launch, serve } from "./browser.mjs";

const [folder, page, requests] = process.argv.slice(2);
const site = await serve(folder);
const browser = await launch();
const opened = await browser.newPage();
await opened.goto(`${site.origin}/${page}`);

const timed = (request) =>
  opened.evaluate(async (request) => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    if (!request) {
      await new Promise((done, fail) => {
        checkedDerivations.start();
        checkedDerivations.watch(({ name, message }) => (name === "ready" ? done() : name === "failed" && fail(new Error(message))));
      });
      return { seconds: seconds() };
    }
    return checkedDerivations.ask(request).then(
      (answer) => ({ answer, seconds: seconds() }),
      (problem) => ({ problem: problem.message, stopped: problem.stopped ?? false, seconds: seconds() }),
    );
  }, request);

for (const request of [null, ...JSON.parse(readFileSync(requests, "utf-8"))]) console.log(JSON.stringify(await timed(request)));
await browser.close();
site.close();
