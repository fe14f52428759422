"use strict";
// Showing a text by its blocks. Places are counted in characters; JavaScript counts halves of rare ones.
winnow.texts = (() => {
  const { make } = winnow;

  function cutter(text) {
    if (!/[\ud800-\udfff]/.test(text)) return (start, end) => text.slice(start, end);
    const characters = Array.from(text);
    return (start, end) => characters.slice(start, end).join("");
  }

  const TAGS = { heading: "h3", quote: "blockquote", list_item: "p", note: "p", paragraph: "p" };

  // `fill(start, end, cut)` gives the content of a block; without it the text as it is.
  function show(one, fill) {
    const cut = cutter(one.text);
    const language = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(one.language || "") && one.language !== "mul" ? one.language : null;
    return make("div", { class: "text", lang: language, dir: "auto" }, one.blocks.map((block) => {
      const content = fill ? fill(block.start, block.end, cut) : cut(block.start, block.end);
      const known = Object.hasOwn(TAGS, block.kind) ? block.kind : "paragraph";
      const tag = known === "heading" && fill ? "p" : TAGS[known];
      return make(tag, { class: `block ${known}`, dir: "auto", "data-kind": known === "paragraph" ? null : known.replace("_", " ") }, content);
    }));
  }

  // Who wrote it, where and when, in a line.
  function byline(one) {
    const parts = [one.authors && one.authors.length ? one.authors.join(", ") : null, one.outlet, one.published ? `${one.published}` : null].filter(Boolean);
    const shown = parts.flatMap((part, place) => (place ? [" · ", winnow.said(part)] : [winnow.said(part)]));
    return make("p", { class: "byline" }, shown.length ? shown : "No author, outlet or date is stated.");
  }

  return { show, byline };
})();
