// One request a line on standard input, {tex, display}; one answer a line, {html} or {error}.
// The path of KaTeX is the only argument.
const katex = require(process.argv[2]);
const requests = require("node:readline").createInterface({ input: process.stdin });

requests.on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    // HTML to look at, MathML for screen readers and for copying
    answer = { html: katex.renderToString(tex, { displayMode: display, strict: false }) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
