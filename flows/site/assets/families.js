"use strict";
(async () => {
  const { make, count } = winnow;
  const SHOWN = 12;
  const form = document.getElementById("filters");
  const holder = document.getElementById("families");
  let families;
  let columns;
  try {
    [families, columns] = await Promise.all([winnow.load("families"), winnow.load("columns")]);
  } catch (error) {
    winnow.say(error);
    return;
  }

  async function choose(values) {
    const wanted = winnow.site.places.indexOf(values.place || "kept");
    let keys = families.article.map((article, place) => place);
    if (wanted > 0) keys = keys.filter((key) => families.copies[key].some((copy) => columns.places[copy] === wanted));
    if (values.sort === "newest") keys.sort((one, other) => families.article[one] - families.article[other]);
    return { keys, told: keys.length === 1 ? "1 family" : `${count(keys.length)} families` };
  }

  async function draw(keys, isCurrent) {
    const shown = await Promise.all(keys.map(async (key) => {
      const copies = families.copies[key];
      const [article, ...some] = await winnow.family.gather([families.article[key], ...copies.slice(0, SHOWN)], [null, ...families.words[key]]);
      const more = copies.length > SHOWN
        ? make("p", { class: "soft" }, make("a", { href: `document.html#id=${article.document_id}` }, `all ${count(copies.length)} copies`))
        : null;
      const table = winnow.family.show([article, ...some], article);
      table.setAttribute("aria-label", winnow.nameOf(article));
      return make("article", { class: "card wide" }, make("div", { class: "scroll" }, table), more);
    }));
    if (isCurrent()) holder.replaceChildren(...shown);
  }

  const list = winnow.list.run({ form, choose, draw });
  await list.restore();
  document.body.dataset.ready = "true";
})();
