"use strict";
(async () => {
  const { make, said, count, site } = winnow;
  const form = document.getElementById("filters");
  const query = document.getElementById("query");
  const body = document.querySelector("#list tbody");
  let columns;
  try {
    columns = await winnow.load("columns");
  } catch (error) {
    winnow.say(error);
    return;
  }

  const options = (name, names) => form.elements[name].append(...names.map((one) => make("option", { value: one }, one)));
  options("language", columns.languages_names);
  options("kind", columns.kinds_names);
  document.getElementById("outlets").append(...columns.outlets_names.slice(0, 2000).map((one) => make("option", { value: one })));

  const DAY = 86_400_000;
  // A year, a month or a day as days from 1970: the first of it, or the last.
  function readDay(text, isEnd) {
    const found = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text || "");
    if (!found) return null;
    const [year, month, day] = [Number(found[1]), found[2] ? Number(found[2]) : null, found[3] ? Number(found[3]) : null];
    if (!isEnd) return Date.UTC(year, (month || 1) - 1, day || 1) / DAY;
    if (day) return Date.UTC(year, month - 1, day) / DAY;
    return (month ? Date.UTC(year, month, 1) : Date.UTC(year + 1, 0, 1)) / DAY - 1;
  }

  function makeTest(values) {
    const tests = [];
    const code = (name, plural) => {
      if (!values[name]) return;
      const wanted = columns[`${plural}_names`].indexOf(values[name]);
      tests.push((n) => columns[plural][n] === wanted);
    };
    code("language", "languages");
    code("kind", "kinds");
    code("outlet", "outlets");
    if (values.place === "aside") tests.push((n) => columns.places[n] > 0);
    else if (values.place) {
      const wanted = site.places.indexOf(values.place);
      tests.push((n) => columns.places[n] === wanted);
    }
    const [from, to] = [readDay(values.from, false), readDay(values.to, true)];
    if (from !== null) tests.push((n) => columns.days[n] !== null && columns.days[n] >= from);
    if (to !== null) tests.push((n) => columns.days[n] !== null && columns.days[n] <= to);
    return (n) => tests.every((test) => test(n));
  }

  async function choose(values) {
    const found = await winnow.search.find(values.q || "");
    const passes = makeTest(values);
    let keys = [];
    for (let n = 0; n < site.documents; n += 1) if ((!found || found[n]) && passes(n)) keys.push(n);
    const up = values.order === "up";
    // Names from a to z first; numbers from the largest.
    const isName = ["titles", "outlets", "languages", "places"].includes(values.sort);
    if (values.sort && columns[values.sort]) keys = winnow.list.order(keys, (n) => columns[values.sort][n], isName ? !up : up);
    else if (found) keys.sort((one, other) => found[other] - found[one] || one - other);
    const all = site.documents;
    const told = keys.length === all ? winnow.things(all, "document") : `${count(keys.length)} of ${winnow.things(all, "document")}`;
    return { keys, told };
  }

  async function draw(keys, isCurrent) {
    const rows = await Promise.all(keys.map(winnow.row));
    if (!isCurrent()) return;
    body.replaceChildren(...rows.map((row) => {
      const n = row.number;
      const outlet = columns.outlets[n] === null ? null : columns.outlets_names[columns.outlets[n]];
      const language = columns.languages[n] === null ? "" : columns.languages_names[columns.languages[n]];
      const under = [outlet ? make("span", { class: "narrow" }, said(outlet), " · ") : null, row.authors ? make("span", {}, said(row.authors), row.title ? " · " : null) : null,
        row.title ? make("span", { class: "path" }, said(row.source_path), row.record ? `#${row.record}` : null) : null];
      return make("tr", {},
        make("td", { class: "main" }, winnow.linkTo(row), make("div", { class: "soft" }, under)),
        make("td", { class: "wide" }, outlet ? said(outlet) : ""),
        make("td", { class: "when" }, (row.published || "").slice(0, 16)),
        make("td", { class: "wide" }, language),
        make("td", { class: "figure wide" }, count(columns.words[n])),
        make("td", { class: "figure wide" }, columns.coverage[n] ? `${columns.coverage[n]} %` : ""),
        make("td", {}, winnow.tag(site.places[columns.places[n]])));
    }));
  }

  const read = () => query.value.trim();
  read.fill = (text) => {
    if (document.activeElement !== query) query.value = text;
  };
  const list = winnow.list.run({ form, choose, draw, extra: { q: read } });
  query.addEventListener("input", () => list.change({ sort: "", order: "" }));
  await list.restore();
  document.body.dataset.ready = "true";
})();
