"use strict";
// Before the page is drawn, so that it never changes colours under the eye.
(() => {
  let theme = "";
  try {
    theme = localStorage.getItem("winnow-theme") || "";
  } catch {
    // A browser may keep nothing for pages on a disk.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
