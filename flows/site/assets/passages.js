"use strict";
(async () => {
  const { make, count } = winnow;
  const form = document.getElementById("filters");
  const body = document.querySelector("#list tbody");
  let pairs;
  try {
    pairs = await winnow.load("pairs");
  } catch (error) {
    winnow.say(error);
    return;
  }
  const all = pairs.number.length;

  async function choose(values) {
    const least = Number.parseInt(values.words, 10) || 0;
    let keys = Array.from({ length: all }, (_, n) => n).filter((n) => pairs.words[n] >= least);
    if (values.pairs) keys = keys.filter((n) => pairs.is_copy[n] === (values.pairs === "copy"));
    if (["words", "passages", "share", "other_share"].includes(values.sort)) keys = winnow.list.order(keys, (n) => pairs[values.sort][n], values.order === "up");
    const cut = winnow.site.pairs > all ? `, of the ${count(all)} with the most words (the dataset overlaps has all ${count(winnow.site.pairs)})` : "";
    return { keys, told: `${winnow.things(keys.length, "pair")}${cut}` };
  }

  async function draw(keys, isCurrent) {
    const rows = await Promise.all(keys.map(async (n) => {
      const [one, other] = await Promise.all([winnow.row(pairs.number[n]), winnow.row(pairs.other[n])]);
      const target = winnow.address({ id: one.document_id, other: other.document_id });
      const cell = (row) => make("td", { class: "main" }, winnow.linkTo(row), row.title ? make("div", { class: "soft path" }, winnow.said(row.source_path)) : null);
      return make("tr", {},
        make("td", { class: "figure", "data-label": "Words" }, count(pairs.words[n])),
        make("td", { class: "figure wide" }, count(pairs.passages[n])),
        cell(one), make("td", { class: "figure", "data-label": "of it" }, `${pairs.share[n]} %`),
        cell(other), make("td", { class: "figure wide" }, `${pairs.other_share[n]} %`),
        make("td", {}, make("a", { href: `compare.html${target}`, class: "action" }, "side by side", make("span", { class: "hidden" }, ` ${winnow.nameOf(one)} and ${winnow.nameOf(other)}`))));
    }));
    if (isCurrent()) body.replaceChildren(...rows);
  }

  const list = winnow.list.run({ form, choose, draw });
  await list.restore();
  document.body.dataset.ready = "true";
})();
