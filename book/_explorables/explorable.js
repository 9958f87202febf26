/* Sliders to drawing.  One redrawing a frame; what is said aloud waits until the slider rests. */
"use strict";

(() => {
  const REST = 500;

  function state(box) {
    const found = {};
    for (const input of box.querySelectorAll("input, select")) {
      found[input.name] = input.type === "range" ? Number(input.value) : input.value;
    }
    return found;
  }

  function show(box, drawn) {
    box.querySelector(".panels").innerHTML = drawn.panels;
    box.querySelector(".facts").innerHTML = drawn.facts;
    for (const [name, text] of Object.entries(drawn.shown)) {
      box.querySelector(`output[data-of="${name}"]`).textContent = text;
      box.querySelector(`input[name="${name}"]`).setAttribute("aria-valuetext", text);
    }
    box.querySelector("a.data").href = `data:text/csv;charset=utf-8,${encodeURIComponent(drawn.csv)}`;
  }

  function live(box) {
    const name = box.dataset.explorable;
    let waiting = 0, resting = 0;
    const redraw = () => {
      waiting = 0;
      const drawn = plot.render(name, explorables[name](state(box)));
      show(box, drawn);
      clearTimeout(resting);
      resting = setTimeout(() => { box.querySelector(".says").textContent = drawn.says; }, REST);
    };
    box.addEventListener("input", () => { waiting ||= requestAnimationFrame(redraw); });
  }

  document.querySelectorAll(".explorable").forEach(live);
})();
