"use strict";
// Lists in pages of 50 rows, with a state in the address: filters, order, page.
winnow.list = (() => {
  const { make, count } = winnow;
  const ROWS = 50;

  function readForm(form) {
    const values = {};
    for (const field of form.elements) if (field.name) values[field.name] = field.value.trim();
    return values;
  }

  function fillForm(form, values) {
    for (const field of form.elements) if (field.name) field.value = values.get(field.name) || "";
  }

  // `choose(state)` gives the keys of the rows to show, in order, and what to say of them; `draw(keys)` shows some.
  function run({ form, choose, draw, extra = {} }) {
    const result = document.getElementById("result");
    const pager = document.getElementById("pager");
    const heads = [...document.querySelectorAll("th button[data-sort]")];
    let turn = 0;

    function current() {
      const values = Object.fromEntries(winnow.state());
      const shown = form ? readForm(form) : {};
      for (const [name, read] of Object.entries(extra)) shown[name] = read();
      return { ...values, ...shown };
    }

    async function show(values) {
      turn += 1;
      const mine = turn;
      try {
        const { keys, told } = await choose(values);
        if (mine !== turn) return;
        const pages = Math.max(1, Math.ceil(keys.length / ROWS));
        const page = Math.min(Math.max(1, Number.parseInt(values.page, 10) || 1), pages);
        await draw(keys.slice((page - 1) * ROWS, page * ROWS), () => mine === turn);
        if (mine !== turn) return;
        result.textContent = told;
        showPager(values, page, pages);
        for (const head of heads) {
          const isUsed = values.sort === head.dataset.sort;
          const order = values.order === "up" ? "ascending" : "descending";
          if (isUsed) head.closest("th").setAttribute("aria-sort", order);
          else head.closest("th").removeAttribute("aria-sort");
        }
      } catch (error) {
        result.textContent = "";
        winnow.say(error);
      }
    }

    function change(more) {
      const values = { ...current(), page: "", ...more };
      winnow.keep(values);
      return show(values);
    }

    function showPager(values, page, pages) {
      const to = (n, label, words) => n >= 1 && n <= pages
        ? make("a", { href: winnow.address({ ...values, page: n === 1 ? "" : n }), "aria-label": words }, label)
        : make("span", { class: "soft", "aria-hidden": "true" }, label);
      pager.replaceChildren();
      if (pages === 1) return;
      pager.append(to(1 === page ? 0 : 1, "« first", "First page"), to(page - 1, "‹ previous", "Previous page"), make("span", {}, `page ${count(page)} of ${count(pages)}`), to(page + 1, "next ›", "Next page"), to(pages === page ? 0 : pages, "last »", "Last page"));
    }

    function restore() {
      const values = winnow.state();
      if (form) fillForm(form, values);
      for (const [name, read] of Object.entries(extra)) if (read.fill) read.fill(values.get(name) || "");
      return show(Object.fromEntries(values));
    }

    for (const head of heads) {
      head.addEventListener("click", () => {
        const values = Object.fromEntries(winnow.state());
        const isDown = values.sort === head.dataset.sort && values.order !== "up";
        change({ sort: head.dataset.sort, order: isDown ? "up" : "" });
      });
    }
    if (form) {
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("input", () => change({}));
      form.addEventListener("reset", () => setTimeout(() => change({ q: "" , sort: "", order: "" }).then(() => restore())));
    }
    window.addEventListener("hashchange", restore);
    walk();
    return { change, restore };
  }

  // n and p go from row to row.
  function walk() {
    const step = (by) => {
      const links = [...document.querySelectorAll("#list tbody tr, #families article")].map((row) => row.querySelector("a")).filter(Boolean);
      const here = links.indexOf(document.activeElement);
      const next = links[here === -1 ? (by > 0 ? 0 : links.length - 1) : here + by];
      if (next) next.focus();
    };
    winnow.onKey("nj", () => step(1));
    winnow.onKey("pk", () => step(-1));
  }

  // Keys in the order of a column; unknown values come last, whichever way it goes.
  function order(keys, value, isUp) {
    const known = keys.filter((key) => value(key) !== null && value(key) !== undefined);
    const unknown = keys.filter((key) => value(key) === null || value(key) === undefined);
    const compare = (one, other) => (value(one) < value(other) ? -1 : value(one) > value(other) ? 1 : 0);
    known.sort(isUp ? compare : (one, other) => compare(other, one));
    return known.concat(unknown);
  }

  return { run, order };
})();
