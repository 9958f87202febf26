// Answers are folded. One button opens those of a page, and of every page from then on.
const KEY = "answers-open";
// Where storage is refused, a choice holds as long as the page.
const kept = {
  get() {
    try { return localStorage.getItem(KEY) === "true"; } catch { return false; }
  },
  set(open) {
    try { localStorage.setItem(KEY, open); } catch { /* it holds for this page */ }
  },
};
const folded = () => document.querySelectorAll("details.answer");

function openAnswers(open) {
  folded().forEach((box) => (box.open = open));
  const button = document.querySelector(".answers-switch");
  button?.setAttribute("aria-pressed", open);
}

// A link to a line leads to it, even into what is folded.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("details:not([open])")) return;
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target.scrollIntoView();
}

addEventListener("DOMContentLoaded", () => {
  if (kept.get()) openAnswers(true);
  document.querySelector(".answers-switch")?.addEventListener("click", ({ currentTarget: button }) => {
    const open = button.getAttribute("aria-pressed") !== "true";
    kept.set(open);
    openAnswers(open);
  });
  openTarget();
});
addEventListener("hashchange", openTarget);

// Margin notes stand open in a margin, where there is nothing to click on; without one they are folded.
const withMargin = matchMedia("(min-width: 1200px)");
function placeAsides() {
  for (const note of document.querySelectorAll("details.aside")) {
    note.open = withMargin.matches;
    note.querySelector("summary").tabIndex = withMargin.matches ? -1 : 0;
  }
}
addEventListener("DOMContentLoaded", placeAsides);
withMargin.addEventListener("change", placeAsides);

// On paper everything is open but the evidence behind a verdict, which would double it.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open], .verdict)")];
  opened.forEach((box) => (box.open = true));
});
addEventListener("afterprint", () => opened.forEach((box) => (box.open = false)));
