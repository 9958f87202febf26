// Answer boxes: for each exercise a form that is checked in the page, and what was answered kept in this browser.

(() => {
  const KEPT = "checked-derivations:answers";
  const TYPING_PAUSE = 250;
  const { ask, start, watch, retry } = window.checkedDerivations;

  // --- what is kept ------------------------------------------------------------------------------

  // Storage may be forbidden; the boxes then work all the same, until the page is left.
  const memory = (() => {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  })();

  function keep(name, entry) {
    if (entry) memory[name] = entry;
    else delete memory[name];
    try {
      localStorage.setItem(KEPT, JSON.stringify(memory));
    } catch {}
    for (const bar of document.querySelectorAll(".answers-kept")) summarise(bar);
  }

  // --- small pieces ------------------------------------------------------------------------------

  function make(tag, properties = {}, ...children) {
    const { dataset, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest); // its text first, then its children
    Object.assign(element.dataset, dataset);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  const field = (tag, id, properties) =>
    make(tag, { id, className: "answer-field", spellcheck: false, autocapitalize: "off", autocomplete: "off", ...properties });

  const fill = (element, ...children) => element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));

  const paragraphs = (text) => text.split("\n").map((line) => make("p", { textContent: line }));

  // --- the kinds of answers ----------------------------------------------------------------------
  // Each: about, id and a function to call when something changes -> its element, and get() and set(answer).

  const KINDS = { formula, chain, witness, choice, function: code };

  function formula(about, id, changed) {
    const input = field("input", id, { type: "text", oninput: changed });
    const shown = preview(about, () => input.value);
    input.addEventListener("input", shown.update);
    const label = make("label", { htmlFor: id, textContent: "Your formula" });
    return {
      element: make("div", {}, label, input, shown.element),
      get: () => input.value.trim(),
      set: (text) => ((input.value = text ?? ""), shown.update()),
    };
  }

  function chain(about, id, changed) {
    const list = make("ol", { className: "answer-lines" });
    const more = make("button", { type: "button", className: "answer-more", textContent: "Add a line", onclick: () => add().focus() });

    function add(line = "") {
      const [text, reason] = Array.isArray(line) ? line : [line, ""];
      const number = list.children.length + 1;
      const input = field("input", `${id}-${number}`, { type: "text", value: text, oninput: changed, ariaLabel: `Line ${number}` });
      const because = field("input", `${id}-${number}-reason`, {
        type: "text", value: reason, oninput: changed, className: "answer-field answer-reason",
        ariaLabel: `Reason for line ${number}, if you like`, placeholder: "reason, if you like",
      });
      const shown = preview(about, () => input.value);
      input.addEventListener("input", shown.update);
      list.append(make("li", {}, input, because, shown.element));
      if (text) shown.update();
      return input;
    }

    return {
      element: make("fieldset", {}, make("legend", { textContent: "Your lines, one formula each" }), list, more),
      get: () => [...list.children].map(({ children: [text, reason] }) => (reason.value.trim() ? [text.value, reason.value] : text.value))
        .filter((line) => (Array.isArray(line) ? line[0] : line).trim()),
      set(lines) {
        list.replaceChildren();
        for (const line of lines?.length ? lines : ["", ""]) add(line);
      },
    };
  }

  function witness(about, id, changed) {
    const inputs = about.pieces.map(({ name, shape, meaning }, i) => {
      const rows = shape.length === 2 ? 3 : 1;
      const input = field(rows > 1 ? "textarea" : "input", `${id}-${i}`, { rows, oninput: changed, placeholder: HINTS[shape.length] });
      return { name, input, label: make("label", { htmlFor: input.id }, make("code", { textContent: name }), ` ${meaning}`) };
    });
    return {
      element: make("div", {}, ...inputs.flatMap(({ label, input }) => [label, input])),
      get: () => Object.fromEntries(inputs.filter(({ input }) => input.value.trim()).map(({ name, input }) => [name, input.value])),
      set: (values) => inputs.forEach(({ name, input }) => (input.value = values?.[name] ?? "")),
    };
  }

  const HINTS = ["a number, as 0.5 or 1/3", "numbers, as 1, 0, 1/2", "a row on each line, as\n1, 0\n0, 1/2"];

  // The claims stand in the page already; each gets a button of its own.
  function choice(about, id, changed) {
    const claims = [...document.querySelectorAll(`#${CSS.escape(about.place)} .claims > li`)];
    const inputs = claims.map((claim, i) => {
      const letter = about.letters[i];
      const input = make("input", { type: about.several ? "checkbox" : "radio", name: id, id: `${id}-${letter}`, value: letter, onchange: changed });
      claim.replaceChildren(make("label", { htmlFor: input.id }, input, ...claim.childNodes));
      return input;
    });
    const said = about.several ? "Tick all that hold, then check." : "Choose the one that holds, then check.";
    return {
      element: make("p", { className: "answer-note", textContent: said }),
      get: () => inputs.filter((input) => input.checked).map((input) => input.value),
      set: (letters) => inputs.forEach((input) => (input.checked = (letters ?? []).includes(input.value))),
    };
  }

  function code(about, id, changed) {
    const input = field("textarea", id, { rows: Math.min(20, about.template.split("\n").length + 3), oninput: changed });
    const note = "Plain Python runs here, with arrays as nested lists (x[i][j], len(x)). What needs NumPy is graded by the command below: ";
    const starter = () => save("answers.py", `import numpy as np\n\n\n${about.template}`);
    return {
      element: make("div", {}, make("label", { htmlFor: id, textContent: "Your function" }), input,
        make("p", { className: "answer-note", textContent: note },
          make("button", { type: "button", className: "answer-starter", textContent: "save a starter for it", onclick: starter }))),
      get: () => (input.value.trim() === about.template.trim() ? "" : input.value),
      set: (text) => (input.value = text || about.template),
    };
  }

  // What is typed, set as mathematics as soon as Python runs; or what cannot be read, and where.
  function preview(about, text) {
    const element = make("output", { className: "answer-shown" });
    let timer, last;
    async function show() {
      const asked = text().trim();
      if (asked === last) return;
      last = asked;
      if (!asked) return element.replaceChildren();
      try {
        const found = await ask({ do: "typeset", name: about.name, text: asked });
        if (asked !== text().trim()) return;
        if (found.html) element.innerHTML = found.html; // made by KaTeX from a formula that was parsed
        else element.replaceChildren(make("p", { textContent: found.message }), make("pre", { textContent: found.display.join("\n") }));
        element.classList.toggle("answer-fault", !found.html);
      } catch (problem) {
        element.replaceChildren(make("p", { textContent: problem.message }));
      }
    }
    return { element, update: () => (clearTimeout(timer), (timer = setTimeout(show, TYPING_PAUSE))) };
  }

  // --- a box -------------------------------------------------------------------------------------

  function box(place) {
    const about = JSON.parse(place.dataset.exercise);
    const id = `answer-${about.place}`;
    const verdict = make("div", { className: "answer-verdict" });
    verdict.setAttribute("role", "status");
    const answer = KINDS[about.kind](about, id, () => remember({ outcome: undefined }));
    const button = make("button", { type: "submit", className: "answer-check", textContent: "Check" });
    const form = make("form", { className: "answer-box", noValidate: true }, answer.element,
      make("div", { className: "answer-actions" }, button, engineStatus()), verdict);
    if (about.symbols) form.prepend(make("p", { className: "answer-note", innerHTML: about.symbols }));

    function remember(change) {
      const given = answer.get();
      const empty = given.length === 0 || (typeof given === "object" && Object.keys(given).length === 0);
      keep(about.name, empty ? undefined : { identifier: about.identifier, identifiers: about.identifiers, kind: about.kind, ...memory[about.name], answer: given, ...change });
    }

    async function check() {
      button.disabled = true;
      verdict.replaceChildren(make("p", { textContent: "Checking …" }));
      try {
        const found = await ask({ do: "check", name: about.name, answer: answer.get() });
        tell(verdict, found);
        remember({ outcome: found.outcome });
      } catch (problem) {
        verdict.dataset.outcome = "undecided";
        verdict.replaceChildren(make("p", { className: "answer-outcome", textContent: "No verdict" }), make("p", { textContent: problem.message }));
      }
      button.disabled = false;
    }

    form.addEventListener("focusin", start, { once: true });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      check();
    });
    place.replaceWith(form);
    answer.set(memory[about.name]?.answer);
    if (memory[about.name]?.outcome) verdict.append(make("p", { className: "answer-note", textContent: `When you checked it last: ${memory[about.name].outcome}.` }));
  }

  function engineStatus() {
    const bar = make("progress", { max: 1, hidden: true });
    const words = make("span", { className: "answer-engine" });
    watch(({ name, progress, message }) => {
      bar.hidden = name !== "starting";
      bar.value = progress;
      bar.ariaLabel = "Python is being loaded";
      words.textContent = { starting: "Python is being loaded, once …", failed: message }[name] ?? "";
      if (name === "failed") words.append(" ", make("button", { type: "button", textContent: "Try again", onclick: retry }));
    });
    return make("span", { className: "answer-state" }, bar, words);
  }

  // --- a verdict ---------------------------------------------------------------------------------

  const NOUNS = { function: "inputs", formula: "cases", witness: "requirements", choice: "options", chain: "lines" };

  function tell(verdict, found) {
    const { outcome, failure } = found;
    verdict.dataset.outcome = outcome;
    const points = `${found.earned} of ${found.points} point${found.points === 1 ? "" : "s"}`;
    const headline = {
      right: `Right: ${points}, on ${found.tried} ${NOUNS[found.kind]}`,
      wrong: `Not right: ${points}`,
      "not answered": "Nothing is filled in yet",
      "not run": "Not run here",
    }[outcome];
    fill(
      verdict,
      make("p", { className: "answer-outcome", textContent: headline }),
      ...found.remarks.map((text) => make("p", { textContent: text })),
      ...(failure ? paragraphs(failure.message) : []),
      found.evidence.length ? make("pre", { tabIndex: 0, textContent: found.evidence.join("\n") }) : null,
      ...(failure ? slips(failure.misconceptions ?? []) : []),
      failure?.right_parts ? make("p", { textContent: `Right nonetheless: ${failure.right_parts.join(", ")}.` }) : null,
    );
  }

  function slips(found) {
    const several = found.length > 1 ? [make("p", { textContent: "This fits several known slips; which one is yours?" })] : [];
    return [...several, ...found.map(({ name, explanation, see }) => {
      const [page, anchor] = see.split("#");
      const link = see ? make("a", { href: `${page}.html${anchor ? `#${anchor}` : ""}`, textContent: "Read about it" }) : null;
      return make("p", { className: "answer-slip" }, make("strong", { textContent: `Known slip: ${name}. ` }), `${explanation} `, link);
    })];
  }

  // --- all answers -------------------------------------------------------------------------------

  function summarise(bar) {
    const entries = Object.values(memory);
    const right = entries.filter(({ outcome }) => outcome === "right").length;
    bar.querySelector(".answers-count").textContent = entries.length
      ? `In this browser: ${entries.length} answered on all pages, ${right} of them checked and right.`
      : "Nothing is answered in this browser yet.";
    for (const button of bar.querySelectorAll("button")) button.hidden = !entries.some((e) => !button.dataset.kind || e.kind === button.dataset.kind);
  }

  function answersBar(bar) {
    const ofFunctions = { kind: "function" };
    bar.append(
      make("p", { className: "answers-count" }),
      make("button", { type: "button", textContent: "Save answers.toml", onclick: () => save("answers.toml", toml()) }),
      make("button", { type: "button", dataset: ofFunctions, textContent: "Save answers.py (functions)", onclick: () => save("answers.py", functions()) }),
      make("button", { type: "button", textContent: "Erase all", onclick: () => confirm("Erase all answers that are kept in this browser?") && erase() }),
    );
    summarise(bar);
  }

  function erase() {
    for (const name of Object.keys(memory)) delete memory[name];
    keep();
    location.reload();
  }

  function save(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  // A text of JSON is one of TOML but for one character.
  const quoted = (text) => JSON.stringify(text).replaceAll("\x7f", "\\u007f");
  const list = (values) => `[${values.join(", ")}]`;

  const IN_TOML = {
    formula: ({ identifier, answer }) => [`${identifier} = ${quoted(answer)}`],
    chain: ({ identifier, answer }) => [`${identifier} = [`, ...answer.map((line) => `    ${Array.isArray(line) ? list(line.map(quoted)) : quoted(line)},`), "]"],
    choice: ({ identifier, answer }) => [`${identifier} = ${list(answer.map(quoted))}`],
    witness: ({ identifiers, answer }) => Object.entries(answer).map(([piece, text]) => `${identifiers[piece].name} = ${numbers(text, identifiers[piece].dimensions)}`),
  };

  // Numbers as they were typed, as TOML: each in quotes, so that fractions stay exact.
  function numbers(text, dimensions) {
    if (text.trim().startsWith("[")) return text.replace(/[^\[\],\s]+/g, quoted).replace(/\s+/g, " ");
    const rows = text.split(/[;\n]/).filter((row) => row.trim()).map((row) => row.split(/[\s,]+/).filter(Boolean).map(quoted));
    if (dimensions === 2) return list(rows.map(list));
    return dimensions === 0 ? rows.flat()[0] : list(rows.flat());
  }

  const toml = () =>
    ["# Answers from the pages. Grade them: python -m checks grade answers.toml",
      ...Object.values(memory).flatMap((entry) => IN_TOML[entry.kind]?.(entry) ?? []), ""].join("\n");

  const functions = () =>
    ["# Functions from the pages. Grade them: python -m checks grade answers.py", "",
      ...Object.values(memory).filter(({ kind }) => kind === "function").map(({ answer }) => `${answer.trim()}\n\n`)].join("\n");

  // --- a derivation of the reader's own ----------------------------------------------------------

  function derivation(place) {
    const given = JSON.parse(place.dataset.derive);
    const id = place.id;
    const fields = {
      expression: ["Expression", "x.T*A*x, log(det(X)), sum(tanh(W*x))"],
      wrt: ["by", "X"],
      shapes: ["Shapes, where they are not as they look", "X:n,n a:n,1"],
      scalars: ["Numbers", "s, c"],
      symmetric: ["Symmetric matrices", "K"],
    };
    const inputs = Object.fromEntries(Object.entries(fields).map(([name, [, placeholder]]) =>
      [name, field("input", `${id}-${name}`, { type: "text", name, value: given[name] ?? "", placeholder })]));
    const shown = make("div", { className: "derived" });
    shown.setAttribute("role", "status");
    const button = make("button", { type: "submit", textContent: "Derive" });
    const form = make("form", { className: "answer-box derive-box" },
      ...Object.entries(fields).map(([name, [title]]) =>
        make("div", { className: `derive-${name}` }, make("label", { htmlFor: `${id}-${name}`, textContent: title }), inputs[name])),
      make("div", { className: "answer-actions" }, button, engineStatus()), shown);

    async function derive() {
      button.disabled = true;
      shown.replaceChildren(make("p", { textContent: "Deriving, and checking every line …" }));
      const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]));
      try {
        const found = await ask({ do: "gradient", ...values });
        shown.replaceChildren(...(found.report ? derived(found) : [make("p", { textContent: found.message }), make("pre", { textContent: found.display.join("\n") })]));
      } catch (problem) {
        shown.replaceChildren(make("p", { textContent: problem.message }));
      }
      button.disabled = false;
      dispatchEvent(new Event("resize")); // equations that are wider than the page become reachable by key
    }

    form.addEventListener("focusin", start, { once: true });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      derive();
    });
    place.replaceWith(form);
  }

  function derived({ report, shapes }) {
    const lines = report.parts.flatMap((part) => part.lines).map((line) => {
      const math = make("div", { className: "math", innerHTML: `<div class="equation">${line.html}</div>` });
      const reason = make("p", { className: "reason" }, make("span", { className: "rule", textContent: line.rule }));
      if (line.because) reason.append(" — ", make("span", { innerHTML: line.because }));
      const conditions = line.conditions_text?.length ? make("p", { className: "conditions", textContent: line.conditions_text.join("; ") }) : null;
      return make("li", { className: "line" }, make("p", { className: "number-cell" }, make("span", { className: "number", textContent: line.number })),
        math, reason, conditions, line.verdict ? evidence(line) : null);
    });
    return [make("p", { textContent: `Understood: ${shapes}.` }), make("ol", { className: "chain" }, ...lines)];
  }

  function evidence({ verdict, evidence: found }) {
    const rows = [["Method", found?.method], ["Points tried", found?.points], ["Worst residual", found?.worst_residual], ["Counterexample", found?.counterexample]];
    const facts = rows.filter(([, value]) => value !== undefined && value !== null && value !== "")
      .flatMap(([title, value]) => [make("dt", { textContent: title }), make("dd", { textContent: value })]);
    return make("details", { className: `verdict ${verdict.toLowerCase()}` }, make("summary", { textContent: verdict }), make("dl", { className: "evidence" }, ...facts));
  }

  for (const place of document.querySelectorAll("[data-exercise]")) box(place);
  for (const place of document.querySelectorAll("[data-derive]")) derivation(place);
  for (const bar of document.querySelectorAll(".answers-kept")) answersBar(bar);
})();
