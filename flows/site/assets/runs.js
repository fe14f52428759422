"use strict";
(async () => {
  const { make, said, count } = winnow;
  sortTables();
  const form = document.getElementById("filters");
  if (!form) {
    document.body.dataset.ready = "true";
    return;
  }
  const body = document.querySelector("#list tbody");
  let rejects;
  try {
    rejects = await winnow.load("rejects");
  } catch (error) {
    winnow.say(error);
    return;
  }
  const all = rejects.source_path.length;

  async function choose(values) {
    const words = (values.text || "").toLowerCase();
    let keys = Array.from({ length: all }, (_, n) => n);
    if (values.reason) keys = keys.filter((n) => rejects.reason_code[n] === values.reason);
    if (words) keys = keys.filter((n) => `${rejects.source_path[n]} ${rejects.reason[n]}`.toLowerCase().includes(words));
    if (["source_path", "reason_code", "source_bytes", "rejected_at"].includes(values.sort)) keys = winnow.list.order(keys, (n) => rejects[values.sort][n], values.order === "up");
    return { keys, told: keys.length === all ? winnow.things(all, "reject") : `${count(keys.length)} of ${winnow.things(all, "reject")}` };
  }

  async function draw(keys) {
    body.replaceChildren(...keys.map((n) => make("tr", {},
      make("td", { class: "path file" }, said(rejects.source_path[n]), rejects.record[n] ? `#${rejects.record[n]}` : null),
      make("td", {}, make("strong", {}, rejects.reason_code[n]), make("div", { class: "soft" }, said(rejects.reason[n]))),
      make("td", { class: "figure wide" }, rejects.source_bytes[n] === null ? "" : count(rejects.source_bytes[n])),
      make("td", { class: "wide when" }, rejects.rejected_at[n]))));
  }

  const list = winnow.list.run({ form, choose, draw });
  await list.restore();
  if (winnow.state().get("reason")) document.getElementById("rejected").scrollIntoView();
  document.body.dataset.ready = "true";

  function sortTables() {
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, place) => {
        const button = make("button", { type: "button" }, head.textContent);
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          const isUp = head.getAttribute("aria-sort") === "descending";
          const value = (row) => {
            const cell = row.cells[place];
            const text = cell.dataset.value || cell.textContent.replaceAll(",", "");
            return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
          };
          table.tBodies[0].append(...winnow.list.order([...table.tBodies[0].rows], value, isUp));
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
        });
      });
    }
  }
})();
