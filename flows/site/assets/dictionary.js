"use strict";
(() => {
  const field = document.getElementById("column");
  const result = document.getElementById("result");
  const rows = [...document.querySelectorAll("[data-column]")];
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", () => {
    const words = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = Boolean(words) && !row.textContent.toLowerCase().includes(words);
    for (const section of document.querySelectorAll(".dataset")) section.hidden = !section.querySelector("[data-column]:not([hidden])");
    const found = rows.filter((row) => !row.hidden).length;
    result.textContent = words ? `${winnow.count(found)} of ${winnow.things(rows.length, "column")}` : "";
  });
  document.body.dataset.ready = "true";
})();
