"use strict";
(() => {
  const { bars, split, tell } = winnow.chart;
  const shown = JSON.parse(document.getElementById("charts").textContent);
  const holder = (name) => document.getElementById(`chart-${name}`);
  const thousands = (n) => (n >= 1000 ? `${n / 1000}k` : String(n));

  bars(holder("published"), shown.published.bars.map((row) => ({
    label: row.period, parts: split(row), title: tell(row.period, row),
    href: `documents.html${winnow.address({ from: row.period, to: row.period })}`,
  })), { ticks: 12 });

  bars(holder("lengths"), shown.lengths.map((row) => {
    const label = row.to ? `${row.from}–${row.to}` : `${row.from} and more`;
    return { label: row.from, parts: split(row), title: tell(`${label} words`, row) };
  }), { tick: (from) => thousands(from), ticks: 10 });

  bars(holder("coverage"), shown.coverage.map((row) => ({
    label: row.tenth * 10, parts: split(row), title: tell(`${row.tenth * 10} to ${row.tenth * 10 + 10} %`, row),
  })), { tick: (low) => `${low}%`, ticks: 10 });

  bars(holder("runs"), shown.runs.map((run) => {
    const parts = shown.stages.map((stage, place) => ({ class: `stage-${place % 6}`, value: run[stage] || 0, stage })).filter((part) => part.value);
    const told = parts.map((part) => `${part.stage} ${part.value.toFixed(1)} s`).join(", ");
    return { label: run.started_at.slice(5, 10), parts, title: `${run.started_at}: ${told}`, href: `runs.html` };
  }), { unit: "seconds", ticks: 6 });
  document.body.dataset.ready = "true";
})();
