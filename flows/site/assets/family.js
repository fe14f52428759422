"use strict";
// A family on the line of time: the article, and each of its copies.
winnow.family = (() => {
  const { make, said, things } = winnow;

  // members: rows of lists with `place`, `day` and `words`; the first one is the article.
  function show(members, article) {
    const days = members.map((one) => one.day).filter((day) => day !== null && day !== undefined);
    const [first, last] = days.length ? [Math.min(...days), Math.max(...days)] : [0, 0];
    const x = d3.scaleLinear([first, Math.max(last, first + 1)], [3, 97]);
    const from = article.day;
    const mark = (one) => {
      const svg = d3.create("svg").attr("class", "line").attr("viewBox", "0 0 100 10").attr("preserveAspectRatio", "none").attr("aria-hidden", "true");
      svg.append("line").attr("class", "axis").attr("x1", 3).attr("x2", 97).attr("y1", 5).attr("y2", 5);
      if (one.day === null || one.day === undefined) return svg.node();
      if (from !== null && from !== undefined) svg.append("line").attr("class", "tie").attr("x1", x(from)).attr("x2", x(one.day)).attr("y1", 5).attr("y2", 5);
      const at = (day, name) => svg.append("line").attr("class", `dot ${name}`).attr("x1", x(day)).attr("x2", x(day)).attr("y1", 5).attr("y2", 5);
      if (one !== article && from !== null && from !== undefined) at(from, "from");
      at(one.day, one === article ? "kept" : "aside");
      return svg.node();
    };
    const head = (name, words) => make("th", { scope: "col", class: `c-${name}` }, words);
    const show = (day) => new Date(day * 86_400_000).toISOString().slice(0, 10);
    const span = !days.length ? "no date is stated" : first === last ? show(first) : `${show(first)} to ${show(last)}`;
    return make("table", { class: "family" },
      make("thead", {}, make("tr", {}, head("name", "Document"), head("when", "Published"), head("line wide", span), head("is", "Is"), head("words figure wide", "Words shared"),
        head("compare", make("span", { class: "hidden" }, "Compare")))),
      make("tbody", {}, members.map((one) => make("tr", { class: one === article ? "article" : null },
        make("th", { scope: "row" }, winnow.linkTo(one), one.title ? make("div", { class: "soft path" }, said(one.source_path)) : null),
        make("td", { class: "when" }, (one.published || "undated").slice(0, 10)),
        make("td", { class: "wide" }, mark(one)),
        make("td", {}, winnow.tag(one.place)),
        make("td", { class: "figure wide" }, one.words ? winnow.count(one.words) : ""),
        make("td", {}, one === article ? "" : compareLink(one, article))))));
  }

  function compareLink(one, other) {
    const target = winnow.address({ id: one.document_id, other: other.document_id });
    return make("a", { href: `compare.html${target}`, class: "action" }, "side by side", make("span", { class: "hidden" }, ` ${winnow.nameOf(one)} and ${winnow.nameOf(other)}`));
  }

  // Rows of numbers, with what the columns say of them.
  async function gather(numbers, words = []) {
    const columns = await winnow.load("columns");
    const rows = await Promise.all(numbers.map(winnow.row));
    return rows.map((row, place) => ({ ...row, place: winnow.site.places[columns.places[row.number]], day: columns.days[row.number], words: words[place] || null }));
  }

  return { show, gather, compareLink, things };
})();
