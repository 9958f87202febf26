// What a chain can do beside being read: its lines by entries, previews of what a link leads to, lines to predict.
// Without this script the chains stand as they are. A page may be opened from the disk, so nothing is fetched as data.
(() => {
  const root = document.documentElement;

  // Where storage is refused, a choice holds as long as the page.
  const kept = {
    get(key) {
      try { return localStorage.getItem(key); } catch { return null; }
    },
    set(key, value) {
      try { localStorage.setItem(key, value); } catch { /* the choice holds for this page */ }
    },
  };

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  // ---- matrix form, component form, both ----

  const FORMS = { matrix: "matrices", components: "components", both: "both" };
  const KEY = "form-of-lines";
  let fetching = null;

  // Those nearest to what is in view first, and some a frame: a long page has more than a frame can lay out.
  const A_FRAME = 20;
  const distance = (place) => Math.abs(place.parentElement.getBoundingClientRect().top);

  function fill(typeset, places) {
    for (const place of places.slice(0, A_FRAME)) place.innerHTML = typeset[place.dataset.place];
    if (places.length > A_FRAME) requestAnimationFrame(() => fill(typeset, places.slice(A_FRAME)));
  }

  function fetchComponents() {
    const holder = document.getElementById("component-forms");
    fetching ??= new Promise((done, failed) => {
      window.fillComponentForms = (typeset) => {
        fill(typeset, [...document.querySelectorAll(".component-form")].sort((a, b) => distance(a) - distance(b)));
        done();
      };
      document.head.append(element("script", { src: holder.dataset.script, onerror: failed }));
    });
    return fetching;
  }

  async function chooseForm(form) {
    let problem = "";
    if (form !== "matrix") {
      await fetchComponents().catch(() => {
        [fetching, form, problem] = [null, "matrix", "The component forms could not be loaded."];
      });
    }
    for (const radio of document.querySelectorAll(`.form-choice input[value="${form}"]`)) radio.checked = true;
    for (const place of document.querySelectorAll(".form-choice output")) place.textContent = problem;
    root.dataset.forms = form;
    dispatchEvent(new Event("resize")); // other widths: which equations scroll is asked anew
  }

  function addFormChoices() {
    if (!document.getElementById("component-forms")) return;
    for (const [number, chain] of chains().entries()) {
      if (!chain.querySelector(".component-form")) continue;
      const choice = element("fieldset", { className: "form-choice" }, element("legend", { textContent: "Lines by" }));
      for (const [value, words] of Object.entries(FORMS)) {
        const radio = element("input", { type: "radio", name: `form-choice-${number}`, value });
        radio.addEventListener("change", () => { kept.set(KEY, value); chooseForm(value); });
        choice.append(element("label", {}, radio, ` ${words}`));
      }
      choice.append(element("output", {}));
      tools(chain).append(choice);
    }
    chooseForm(kept.get(KEY) in FORMS ? kept.get(KEY) : "matrix");
  }

  const chains = () => [...document.querySelectorAll("div.derivation")];

  function tools(chain) {
    const found = chain.querySelector(":scope > .chain-tools");
    if (found) return found;
    const made = element("div", { className: "chain-tools" });
    const head = [...chain.querySelectorAll(":scope > .tallies, :scope > .derivation-title")].pop();
    head ? head.after(made) : chain.prepend(made);
    return made;
  }

  // ---- previews: by pointer, by focus, by a first tap; gone by Escape ----

  const DELAY = 200;
  let popup, shownFor, waiting;

  function showPreview(link, template) {
    hidePreview();
    popup ??= document.body.appendChild(element("div", { id: "preview", className: "preview", popover: "manual" }));
    popup.replaceChildren(template.content.cloneNode(true));
    popup.showPopover();
    place(link);
    shownFor = link;
    link.setAttribute("aria-describedby", "preview");
  }

  function place(link) {
    const at = link.getBoundingClientRect(), box = popup.getBoundingClientRect();
    const below = at.bottom + box.height + 8 < innerHeight || at.top < box.height;
    popup.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
    popup.style.top = `${below ? at.bottom + 2 : at.top - box.height - 2}px`;
  }

  function hidePreview() {
    clearTimeout(waiting);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = undefined;
    popup?.hidePopover();
  }

  function soon(action) {
    clearTimeout(waiting);
    waiting = setTimeout(action, DELAY);
  }

  function addPreviews() {
    const known = new Map([...document.querySelectorAll("template[data-preview]")].map((t) => [t.dataset.preview, t]));
    for (const link of document.querySelectorAll("a.reference.internal")) {
      const template = known.get(link.hash.slice(1));
      if (!template || link.matches(".number") || !("showPopover" in HTMLElement.prototype)) continue;
      link.removeAttribute("title"); // the browser's own hint would lie over the preview
      let touched = false;
      link.addEventListener("pointerenter", (e) => e.pointerType !== "touch" && soon(() => showPreview(link, template)));
      link.addEventListener("pointerleave", () => soon(hidePreview));
      link.addEventListener("pointerdown", (e) => { touched = e.pointerType === "touch"; });
      link.addEventListener("focus", () => !touched && link.matches(":focus-visible") && showPreview(link, template));
      link.addEventListener("blur", hidePreview);
      link.addEventListener("click", (e) => {
        if (touched && shownFor !== link) {
          e.preventDefault();
          showPreview(link, template);
        } else hidePreview();
      });
    }
    addEventListener("keydown", (e) => e.key === "Escape" && hidePreview());
    addEventListener("scroll", () => shownFor && place(shownFor), { passive: true });
    addEventListener("pointerdown", (e) => shownFor && !e.target.closest("#preview, a") && hidePreview());
    addEventListener("pointerover", (e) => e.target.closest?.("#preview") && clearTimeout(waiting));
    addEventListener("pointerout", (e) => {
      if (e.target.closest?.("#preview") && !e.relatedTarget?.closest?.("#preview")) soon(hidePreview);
    });
  }

  // ---- predict the next line ----

  // `window.checkedDerivations.checkLine(label, text)`, where there is one, tells what a line that was typed is worth:
  // a promise of { verdict, lines }. Where there is none, readers compare for themselves.
  const checker = () => window.checkedDerivations?.checkLine;

  function guessFor(line) {
    if (line.querySelector(":scope > .guess")) return;
    const number = line.querySelector(".number").textContent;
    const box = element("input", { type: "text", autocomplete: "off", spellcheck: false });
    box.setAttribute("autocapitalize", "off");
    const check = element("button", { type: "submit", textContent: "Check", hidden: !checker() });
    const show = element("button", { type: "button", textContent: `Show line ${number}` });
    const said = element("output", {});
    const form = element("form", { className: "guess" },
      element("label", {}, `Line ${number}, its right side: `, box), check, show, said);
    box.addEventListener("focus", () => nameThePieces(line, form), { once: true });
    show.addEventListener("click", () => reveal(line));
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      checker() ? judge(line, box.value, said) : reveal(line);
    });
    line.prepend(form);
  }

  // What a line is typed in: short names for the pieces that no keyboard has.
  async function nameThePieces(line, form) {
    const found = await window.checkedDerivations?.legend?.(labelOf(line)).catch(() => undefined);
    if (!found) return;
    const entries = found.legend.map(({ name, html }) =>
      element("span", {}, element("code", { textContent: name }), " for ", element("span", { innerHTML: html })));
    form.append(element("p", { className: "legend" }, "Type ", ...entries.flatMap((entry, i) => (i ? [", ", entry] : [entry])),
      entries.length ? "; and " : "", "A.T*x, hadamard(a, b), diag(a), inv(A), tr(A), det(A), norm(a), dot(a, b), eye(n), ones(n, 1), log(c)."));
  }

  const labelOf = (line) => line.id.replaceAll("-", ".");

  async function judge(line, text, said) {
    said.textContent = "Checking …";
    try {
      const { verdict, lines } = await checker()(labelOf(line), text);
      said.textContent = [verdict, ...lines].join("\n");
    } catch (problem) {
      said.textContent = `This could not be checked: ${problem.message ?? problem}`;
    }
  }

  // The lines to predict: those with a reason that is a rule. The first of each part says what is asked.
  const predicted = (chain) => [...chain.querySelectorAll("li.line")].filter((line) => line.querySelector(".verdict"));

  function reveal(line) {
    line.classList.add("revealed");
    const chain = line.closest("div.derivation");
    ask(chain);
    const next = chain.querySelector("li.line.asked .guess input");
    if (next) next.focus();
    else {
      line.tabIndex = -1;
      line.focus();
    }
  }

  function ask(chain) {
    const lines = predicted(chain);
    const at = lines.findIndex((line) => !line.classList.contains("revealed"));
    for (const [position, line] of lines.entries()) {
      line.classList.toggle("asked", position === at);
      line.classList.toggle("ahead", at >= 0 && position > at);
      if (position === at) guessFor(line);
    }
  }

  function addPredicting() {
    for (const chain of chains()) {
      if (predicted(chain).length < 2 || !chain.querySelector("li.line[id]")) continue;
      const button = element("button", { type: "button", className: "predict", textContent: "Predict each line" });
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        const on = chain.classList.toggle("predicting");
        button.setAttribute("aria-pressed", String(on));
        for (const fold of chain.querySelectorAll("details.small-steps, details.folded")) fold.open = on;
        if (!on) return;
        ask(chain);
        chain.querySelector("li.line.asked .guess input")?.focus();
      });
      tools(chain).append(button);
    }
  }

  function start() {
    addFormChoices();
    addPredicting();
    addPreviews();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
