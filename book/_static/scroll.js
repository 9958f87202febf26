// An equation or table that is wider than its box can be reached by the Tab key, and then scrolled by the arrow keys.
// Those that fit are left out of the tab order.
function markScrollers() {
  for (const box of document.querySelectorAll(".equation, .scrolls, .drawing, .bd-article :not(.scrolls) > table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", markScrollers);
addEventListener("resize", markScrollers);
addEventListener("toggle", markScrollers, true);
