"use strict";
// Bars by d3's scales and axes. Each bar has its numbers as a title, and leads to its documents where it can.
winnow.chart = (() => {
  const MARGIN = { top: 8, right: 6, bottom: 22, left: 46 };

  // rows: {label, parts: [{class, value}], title, href?}; parts stand on one another.
  function bars(holder, rows, { tick = (label) => label, ticks = 8, unit = "documents" } = {}) {
    const height = Number(holder.dataset.height);
    const draw = () => {
      const width = Math.max(holder.clientWidth, 200);
      const x = d3.scaleBand(rows.map((row, place) => place), [MARGIN.left, width - MARGIN.right]).padding(rows.length > 40 ? 0.1 : 0.2);
      const total = (row) => row.parts.reduce((sum, part) => sum + part.value, 0);
      const y = d3.scaleLinear([0, Math.max(...rows.map(total), 1e-9)], [height - MARGIN.bottom, MARGIN.top]).nice(4);
      const every = Math.max(1, Math.ceil(rows.length / Math.min(ticks, Math.floor(width / 56))));
      const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height)
        .attr("role", "group").attr("aria-label", `Chart: ${unit}`);
      const whole = y.domain()[1] >= 4;
      const axis = d3.axisLeft(y).ticks(4, whole ? "~s" : undefined).tickSize(-(width - MARGIN.left - MARGIN.right)).tickPadding(6);
      svg.append("g").attr("class", "axis y").attr("aria-hidden", "true").attr("transform", `translate(${MARGIN.left},0)`).call(axis);
      const shown = rows.map((row, place) => place).filter((place) => place % every === 0);
      svg.append("g").attr("class", "axis x").attr("aria-hidden", "true").attr("transform", `translate(0,${height - MARGIN.bottom})`)
        .call(d3.axisBottom(x).tickValues(shown).tickFormat((place) => tick(rows[place].label)).tickSizeOuter(0));
      rows.forEach((row, place) => {
        const group = row.href ? svg.append("a").attr("href", row.href).attr("aria-label", row.title) : svg.append("g").attr("role", "img").attr("aria-label", row.title);
        group.append("title").text(row.title);
        group.append("rect").attr("class", "hit").attr("x", x(place)).attr("width", x.bandwidth()).attr("y", MARGIN.top).attr("height", height - MARGIN.bottom - MARGIN.top);
        let base = 0;
        for (const part of row.parts) {
          group.append("rect").attr("class", part.class).attr("x", x(place)).attr("width", x.bandwidth())
            .attr("y", y(base + part.value)).attr("height", Math.max(0, y(base) - y(base + part.value)));
          base += part.value;
        }
      });
      holder.replaceChildren(svg.node());
    };
    if (!rows.length) {
      holder.replaceChildren(winnow.make("p", { class: "soft" }, "Nothing to show yet."));
      return;
    }
    draw();
    let last = holder.clientWidth;
    new ResizeObserver(() => {
      if (holder.clientWidth !== last) {
        last = holder.clientWidth;
        draw();
      }
    }).observe(holder);
  }

  const split = (row) => [{ class: "kept", value: row.kept }, { class: "aside", value: row.aside }];
  const tell = (label, row) => `${label}: ${winnow.count(row.kept)} kept, ${winnow.count(row.aside)} set aside`;
  return { bars, split, tell };
})();
