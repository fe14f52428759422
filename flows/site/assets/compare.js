"use strict";
// Two documents side by side: the lower-ranked one on the left, the shared passages of both linked.
(() => {
  const { make, said, count, things } = winnow;
  const holder = document.getElementById("compare");
  let passages = [];
  let here = -1;
  let shown = "";

  async function show() {
    const state = winnow.state();
    const ids = [state.get("id"), state.get("other")];
    if (!ids.every(winnow.isId)) return tell("Two documents are needed. ", make("a", { href: "passages.html" }, "Choose a pair."));
    const both = await Promise.all(ids.map(winnow.whole));
    if (both.includes(null)) return tell("This report does not have both documents. ", make("a", { href: "documents.html" }, "Search for them."));
    const pair = findPair(both[0], both[1]) || findPair(both[1], both[0]);
    if (!pair) return tell("They share no passage of 15 words in a row that is listed. ", winnow.linkTo(both[0].document), " and ", winnow.linkTo(both[1].document));
    draw(pair);
    shown = ids.join();
    go(Math.min(Math.max(1, Number.parseInt(state.get("passage"), 10) || 1), passages.length) - 1, false);
    document.body.dataset.ready = "true";
  }

  function tell(...words) {
    holder.replaceChildren(make("p", { class: "notice" }, ...words));
    holder.removeAttribute("aria-busy");
    document.body.dataset.ready = "true";
  }

  // The spans lie with the lower-ranked document of a pair.
  function findPair(lower, higher) {
    const pair = lower.below.find((one) => one.number === higher.document.number);
    return pair ? { ...pair, lower, higher } : null;
  }

  function draw({ lower, higher, spans, words, share, other_share: otherShare }) {
    const sides = [
      { one: lower.document, name: "left", share, runs: spans.map((span) => ({ start: span.start, end: span.end, passage: span.passage, words: span.words })) },
      { one: higher.document, name: "right", share: otherShare, runs: spans.map((span) => ({ start: span.other_start, end: span.other_end, passage: span.passage, words: span.words })) },
    ];
    const order = [...new Set([...spans].sort((a, b) => a.start - b.start).map((span) => span.passage))];
    const place = new Map(order.map((passage, n) => [passage, n]));
    const sizes = order.map(() => 0);
    for (const span of spans) sizes[place.get(span.passage)] += span.words;
    for (const side of sides) side.runs.forEach((run) => { run.passage = place.get(run.passage); });
    const status = make("p", { class: "result", id: "where", role: "status", "aria-live": "polite" });
    const bar = make("div", { class: "steps" },
      button("‹ previous", "Previous passage (p or k)", () => go(here - 1)), status, button("next ›", "Next passage (n or j)", () => go(here + 1)));
    const relation = lower.document.relation ? [winnow.tag(lower.document.relation), " ", said(lower.document.reason || "")] : [winnow.tag("kept"), " Both are kept: what they share is less than the threshold."];
    holder.replaceChildren(
      make("header", { class: "title" },
        make("h1", {}, `${things(words, "word")} in ${things(order.length, "passage")}`),
        make("p", { class: "lead" }, `${share} % of the left, ${otherShare} % of the right. `, make("span", { class: "soft" }, "Only equal words are marked; what stands unmarked between them was edited.")),
        make("p", { class: "reason" }, relation)),
      bar, strip(sides, order.length),
      make("div", { class: "sides" }, sides.map((side) => pane(side))));
    holder.removeAttribute("aria-busy");
    document.title = `${winnow.nameOf(lower.document)} and ${winnow.nameOf(higher.document)} · Winnow`;
    passages = order.map((passage, n) => ({ words: sizes[n], marks: sides.map(() => []) }));
    sides.forEach((side, n) => {
      for (const mark of document.querySelectorAll(`#${side.name} mark`)) {
        const over = mark.dataset.passages.split(" ").map(Number);
        for (const passage of over) passages[passage].marks[n].push(mark);
        mark.addEventListener("click", () => go(over[0], true, side.name));
      }
    });
  }

  function button(label, title, action) {
    const element = make("button", { type: "button", title, "aria-label": title.replace(/ \(.*/, "") }, label);
    element.addEventListener("click", action);
    return element;
  }

  // Where the passages lie in each text, as a bar: what is whole, what is a part.
  function strip(sides, number) {
    const size = (one) => Math.max(1, Array.from(one.text).length);
    return make("div", { class: "strips" }, sides.map((side) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const length = size(side.one);
      svg.setAttribute("viewBox", `0 0 ${length} 10`);
      svg.setAttribute("preserveAspectRatio", "none");
      svg.setAttribute("aria-hidden", "true");
      for (const run of side.runs) {
        const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        rect.setAttribute("x", run.start);
        rect.setAttribute("width", Math.max(run.end - run.start, length / 400));
        rect.setAttribute("height", 10);
        rect.setAttribute("data-passage", run.passage);
        rect.addEventListener("click", () => go(run.passage));
        svg.append(rect);
      }
      return make("div", {}, make("p", { class: "name" }, said(winnow.nameOf(side.one))), svg);
    }));
  }

  function pane(side) {
    const { one } = side;
    const label = `${side.name}-title`;
    return make("section", { class: "pane", id: side.name, tabindex: 0, "aria-labelledby": label },
      make("header", {}, make("h2", { id: label }, winnow.linkTo(one)), winnow.texts.byline(one),
        make("p", { class: "soft" }, winnow.tag(one.relation || "kept"), ` ${things(one.word_count, "word")} · `, make("span", { class: "path" }, said(one.source_path)))),
      winnow.texts.show(one, marker(side.runs)));
  }

  // Content of a block with its runs marked. Where runs overlap, a piece belongs to all of them.
  function marker(runs) {
    const labelled = new Set();
    return (start, end, cut) => {
      const inside = runs.filter((run) => run.start < end && run.end > start);
      const edges = [...new Set([start, end, ...inside.flatMap((run) => [Math.max(run.start, start), Math.min(run.end, end)])])].sort((a, b) => a - b);
      const pieces = [];
      for (let n = 0; n + 1 < edges.length; n += 1) {
        const over = [...new Set(inside.filter((run) => run.start <= edges[n] && run.end >= edges[n + 1]).map((run) => run.passage))].sort((a, b) => a - b);
        const text = cut(edges[n], edges[n + 1]);
        if (!over.length) {
          pieces.push(text);
          continue;
        }
        const mark = make("mark", { "data-passages": over.join(" ") });
        for (const passage of over) {
          if (labelled.has(passage)) continue;
          labelled.add(passage);
          mark.append(label(passage));
        }
        mark.append(text);
        pieces.push(mark);
      }
      return pieces;
    };
  }

  // The number in front of a passage, which leads to the same passage in the other text.
  function label(passage) {
    const element = make("button", { type: "button", class: "number", "data-passage": passage, "aria-label": `Passage ${passage + 1}: show it in the other text` }, String(passage + 1));
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      const from = element.closest(".pane").id;
      go(passage, true, from);
      const other = document.querySelector(`#${from === "left" ? "right" : "left"} .number[data-passage="${passage}"]`);
      if (other) other.focus({ preventScroll: true });
    });
    return element;
  }

  // Make a passage the current one, and bring it to the same height in both texts; `from` stays where it is.
  function go(number, keep = true, from = null) {
    if (number < 0 || number >= passages.length) return;
    here = number;
    holder.querySelectorAll(".current").forEach((element) => element.classList.remove("current"));
    passages[number].marks.forEach((marks, side) => {
      marks.forEach((mark) => mark.classList.add("current"));
      const box = document.getElementById(side ? "right" : "left");
      if (marks.length && box.id !== from) bring(box, marks[0]);
    });
    holder.querySelectorAll(`.strips [data-passage="${number}"]`).forEach((rect) => rect.classList.add("current"));
    document.getElementById("where").textContent = `Passage ${number + 1} of ${passages.length}: ${things(passages[number].words, "word")}`;
    if (keep) {
      const state = winnow.state();
      winnow.keep({ id: state.get("id"), other: state.get("other"), passage: number + 1 });
    }
  }

  function bring(box, mark) {
    const top = mark.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    box.scrollTo({ top: Math.max(0, top - Math.min(120, box.clientHeight / 3)) });
  }

  winnow.onKey("nj", () => go(here + 1));
  winnow.onKey("pk", () => go(here - 1));
  window.addEventListener("hashchange", () => {
    const state = winnow.state();
    if (`${state.get("id")},${state.get("other")}` === shown) go((Number.parseInt(state.get("passage"), 10) || 1) - 1, false);
    else show().catch(winnow.say);
  });
  show().catch(winnow.say);
})();
