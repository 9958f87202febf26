// An equation or table that is wider than its box can be reached by the Tab key, and then scrolled by the arrow keys.
// Those that fit are left out of the tab order.
function markScrollers(entries) {
  const wide = entries.map(({ target }) => target.scrollWidth > target.clientWidth);
  entries.forEach(({ target }, i) => (wide[i] ? (target.tabIndex = 0) : target.removeAttribute("tabindex")));
}
// Tells when a box is laid out, is opened, or changes its width; what is folded or far away costs nothing until then.
const watcher = new ResizeObserver(markScrollers);
addEventListener("DOMContentLoaded", () => {
  const boxes = ".equation, .scrolls, .drawing, .bd-article :not(.scrolls) > table, .bd-article pre";
  document.querySelectorAll(boxes).forEach((box) => watcher.observe(box));
});
