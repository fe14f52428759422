"use strict";
(() => {
  const { make, said, count, things, site } = winnow;
  const holder = document.getElementById("document");
  const LISTED = 25;

  async function show() {
    const id = winnow.state().get("id");
    if (!winnow.isId(id)) return tell("No document is named. ", make("a", { href: "documents.html" }, "Choose one from the list."));
    const found = await winnow.whole(id);
    if (!found) return tell(`This report has no document ${id}. `, make("a", { href: "documents.html" }, "Search for it."));
    const one = found.document;
    const place = one.relation || "kept";
    const parts = await Promise.all([head(found, place), texts(found), copies(found), shared(found), metadata(found), removed(found), source(found)]);
    document.title = `${winnow.nameOf(one)} · Winnow`;
    holder.replaceChildren(...parts.filter(Boolean));
    holder.removeAttribute("aria-busy");
    document.body.dataset.ready = "true";
  }

  function tell(...words) {
    holder.replaceChildren(make("p", { class: "notice" }, ...words));
    holder.removeAttribute("aria-busy");
    document.body.dataset.ready = "true";
  }

  async function head(found, place) {
    const one = found.document;
    const partners = await winnow.family.gather(found.partners.map((tie) => tie.number), found.partners.map((tie) => tie.words));
    const facts = [winnow.tag(place), `${things(one.word_count, "word")}`, one.language ? `language ${one.language}` : "no language told", one.kind.replace("_", " "),
      `${Math.floor(one.coverage * 100 + 1e-9)} % said by kept documents`];
    return make("header", { class: "title" },
      make("h1", {}, said(winnow.nameOf(one))),
      one.subtitle ? make("p", { class: "subtitle" }, said(one.subtitle)) : null,
      winnow.texts.byline(one),
      make("p", { class: "facts" }, facts.flatMap((fact, n) => (n ? [" · ", fact] : [fact]))),
      one.reason ? make("p", { class: "reason" }, said(one.reason)) : null,
      partners.length ? make("ul", { class: "partners" }, partners.map((other) => make("li", {}, winnow.family.compareLink({ document_id: one.document_id, title: one.title, source_path: one.source_path }, other), " with ", winnow.linkTo(other), other.words ? make("span", { class: "soft" }, ` ${things(other.words, "word")} in common`) : null))) : null,
      jumps(found));
  }

  // The way to the parts of the page. The address holds its state, so these are no anchors.
  function jumps(found) {
    const targets = [["copies", found.copies.length ? (found.copies.length === 1 ? "1 copy" : `${count(found.copies.length)} copies`) : null], ["passages", "shared passages"],
      ["metadata", "metadata and evidence"], ["removed", `${things(found.removed.length, "line")} taken out`], ["source", "source"]];
    return make("nav", { class: "jumps", "aria-label": "Parts of this page" }, targets.filter(([, words]) => words).map(([id, words]) => {
      const button = make("button", { type: "button", class: "quiet" }, words);
      button.addEventListener("click", () => {
        const target = document.getElementById(id);
        target.scrollIntoView({ block: "start" });
        target.focus({ preventScroll: true });
      });
      return button;
    }));
  }

  function texts(found) {
    return make("section", { class: "reading", "aria-label": "Text" }, winnow.texts.show(found.document));
  }

  async function copies(found) {
    if (!found.copies.length) return null;
    const [article, ...others] = await winnow.family.gather([found.document.number, ...found.copies.map((tie) => tie.number).slice(0, 200)], [null, ...found.copies.map((tie) => tie.words)]);
    others.sort((one, other) => (one.day ?? Infinity) - (other.day ?? Infinity) || one.number - other.number);
    const cut = found.copies.length > 200 ? `, the 200 with the most words in common` : "";
    return section("copies", `Its copies: ${count(found.copies.length)}${cut}`, make("div", { class: "scroll" }, winnow.family.show([article, ...others], article)));
  }

  async function shared(found) {
    const pairs = [...found.below.map((pair) => ({ ...pair, ranks: "above" })), ...found.above.map((pair) => ({ ...pair, ranks: "below" }))];
    pairs.sort((one, other) => other.words - one.words || one.number - other.number);
    if (!pairs.length) return section("passages", "Shared passages", make("p", { class: "soft" }, "It shares no passage of 15 words or more with another document."));
    const body = make("tbody");
    let shown = 0;
    const more = make("button", { type: "button", class: "quiet" }, "");
    const grow = async () => {
      const some = pairs.slice(shown, shown + LISTED);
      const rows = await winnow.family.gather(some.map((pair) => pair.number));
      body.append(...rows.map((other, n) => make("tr", {},
        make("th", { scope: "row" }, winnow.linkTo(other), make("div", { class: "soft path" }, said(other.source_path))),
        make("td", { class: "figure", "data-label": "Words" }, count(some[n].words)),
        make("td", { class: "figure wide" }, count(some[n].passages)),
        make("td", { class: "figure", "data-label": "of this" }, `${some[n].share} %`),
        make("td", { class: "figure wide" }, `${some[n].other_share} %`),
        make("td", {}, winnow.tag(other.place)),
        make("td", {}, winnow.family.compareLink(found.document, other)))));
      shown += some.length;
      more.hidden = shown >= pairs.length;
      more.textContent = `Show more: ${count(pairs.length - shown)} are left`;
    };
    more.addEventListener("click", grow);
    await grow();
    return section("passages", `Shared passages: ${things(pairs.length, "document")}`, make("div", { class: "scroll" },
      make("table", { class: "list" }, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "With"), make("th", { scope: "col", class: "figure" }, "Words"), make("th", { scope: "col", class: "figure wide" }, "Passages"),
        make("th", { scope: "col", class: "figure" }, "Of this"), make("th", { scope: "col", class: "figure wide" }, "Of that"), make("th", { scope: "col" }, "Place"), make("th", { scope: "col" }, make("span", { class: "hidden" }, "Compare")))), body)), more);
  }

  function metadata(found) {
    const one = found.document;
    const lines = new Map(found.removed.map((row) => [row.line, row]));
    const fields = [["title", one.title], ["subtitle", one.subtitle], ["authors", one.authors.join(", ")], ["published_at", one.published ? `${one.published} (to the ${one.published_precision})` : null], ["outlet", one.outlet],
      ["url", one.url], ["language", one.language], ["kind", one.kind]];
    const others = [...new Set(one.evidence.map((item) => item.field))].filter((name) => !fields.some(([known]) => known === name));
    const rows = [...fields, ...others.map((name) => [name, null])].map(([name, value]) => {
      const proofs = one.evidence.filter((item) => item.field === name);
      const shown = value === null || value === "" ? (others.includes(name) ? "" : make("span", { class: "soft" }, "not stated")) : name === "url" ? winnow.outside(value) : said(value);
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, shown), make("td", {}, proofs.map((item) => proof(item, lines))));
    });
    const lists = [["links", one.links], ["emails", one.emails], ["handles", one.handles]].filter(([, values]) => values.length).map(([name, values]) =>
      make("tr", {}, make("th", { scope: "row" }, name), make("td", { colspan: 2 }, values.slice(0, 50).map((value) => make("div", { class: "path" }, name === "links" ? winnow.outside(value) : said(value))), values.length > 50 ? make("div", { class: "soft" }, `${count(values.length - 50)} more`) : null)));
    return section("metadata", "Metadata, and where it comes from", make("div", { class: "scroll" }, make("table", { class: "plain evidence" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Field"), make("th", { scope: "col" }, "Value"), make("th", { scope: "col" }, "As found, and where"))), make("tbody", {}, rows, lists))));
  }

  function proof(item, lines) {
    const where = item.line === null ? "in markup" : `line ${item.line}`;
    const row = item.line === null ? null : lines.get(item.line);
    const spot = row ? make("button", { type: "button", class: "quiet", "data-line": item.line }, where) : where;
    if (row) spot.addEventListener("click", () => {
      const target = document.getElementById(`line-${item.line}`);
      target.scrollIntoView({ block: "center" });
      target.focus();
    });
    return make("div", { class: "proof" }, make("q", {}, said(item.value ?? "")), " ", spot, " ", make("code", {}, item.rule ?? ""));
  }

  function removed(found) {
    if (!found.removed.length) return section("removed", "Taken out", make("p", { class: "soft" }, "Cleaning took no line out."));
    return section("removed", `Taken out: ${things(found.removed.length, "line")}`, make("div", { class: "scroll" }, make("table", { class: "plain removed" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "figure" }, "Line"), make("th", { scope: "col" }, "Kind"), make("th", { scope: "col" }, "Line as it stood"), make("th", { scope: "col", class: "wide" }, "Rule"))),
      make("tbody", {}, found.removed.map((row) => make("tr", { id: `line-${row.line}`, tabindex: -1 },
        make("td", { class: "figure" }, String(row.line)), make("td", {}, row.kind.replace("_", " ")), make("td", {}, said(row.text)), make("td", { class: "wide" }, make("code", {}, row.rule))))))));
  }

  function source(found) {
    const one = found.document;
    const rows = [["file", one.source_path], ["record", String(one.record)], ["read as", one.media_type], ["size", `${count(one.source_bytes)} bytes`], ["sha256", one.source_sha256], ["document_id", one.document_id],
      ["taken in", `${one.ingested_at} UTC`], ["run", one.run_id], ["derived by", one.pipeline_version]];
    const body = make("tbody", {}, rows.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "path" }, said(value)))));
    return section("source", "Source", make("div", { class: "scroll" }, make("table", { class: "plain" }, body)),
      make("p", { class: "soft" }, "In a terminal: ", make("code", {}, `winnow why ${one.document_id.slice(0, 12)}`)));
  }

  function section(id, title, ...content) {
    return make("section", { class: "part", "aria-labelledby": id }, make("h2", { id, tabindex: -1 }, title), ...content);
  }

  const start = () => show().catch(winnow.say);
  window.addEventListener("hashchange", () => {
    window.scrollTo(0, 0);
    start();
  });
  start();
})();
