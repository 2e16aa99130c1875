// Draws a ring and bars for each block from the JSON elements of the page.
(() => {
  "use strict";

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const colours = read("flow_colors");
  const levels = read("level_names");
  const summaryNames = read("summary_names");
  const CALM = ["n", "a0"];
  const ORDER = ["f3", "f2", "f1", "n", "r1", "r2", "r3", "d1", "d2", "d3"];
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });

  // A picture that says in words what it shows.
  function picture(box, width, height, words) {
    return d3
      .select(box)
      .append("svg")
      .attr("viewBox", `0 0 ${width} ${height}`)
      .attr("role", "img")
      .attr("aria-label", words.join(", "));
  }

  function ring(box) {
    const entries = Object.entries(read(box.dataset.summary)).filter(([, count]) => count > 0);
    const code = CALM.includes(box.dataset.code) ? "" : box.dataset.code;
    const fills = { Normal: colours.n, "En alerte": colours[code] ?? colours.f1, Inconnu: colours.unknown };
    const total = d3.sum(entries, ([, count]) => count);
    const words = entries.map(([key, count]) => `${summaryNames[key]}: ${percent.format(count / total)}`);
    const svg = picture(box, 220, 220, words);
    const slices = d3.pie().sort(null).value(([, count]) => count)(entries);
    const arc = d3.arc().innerRadius(58).outerRadius(100);
    svg
      .append("g")
      .attr("transform", "translate(110,110)")
      .selectAll("path")
      .data(slices)
      .join("path")
      .attr("d", arc)
      .attr("fill", ({ data: [key] }) => fills[key])
      .attr("class", "slice")
      .append("title")
      .text((_, index) => words[index]);
    const alert = entries.find(([key]) => key === "En alerte")?.[1] ?? 0;
    const middle = svg.append("text").attr("x", 110).attr("text-anchor", "middle");
    middle.append("tspan").attr("x", 110).attr("y", 112).attr("class", "share").text(percent.format(alert / total));
    middle.append("tspan").attr("x", 110).attr("y", 134).attr("class", "caption").text(summaryNames["En alerte"]);
  }

  // From flood to drought, or from dry to wet; other codes stay in their own order, before the unknown ones.
  const place = (code) => (code === "unknown" ? ORDER.length : ORDER.indexOf(code));

  function bars(box) {
    const entries = Object.entries(read(box.dataset.histogram)).filter(([key, n]) => key !== "unknown" || n > 0);
    entries.sort(([one], [other]) => place(one) - place(other));
    const words = entries.map(([key, count]) => `${levels[key] ?? key}: ${number.format(count)}`);
    const row = 30;
    const [width, left, right] = [380, 148, 52];
    const svg = picture(box, width, entries.length * row, words);
    const scale = d3.scaleLinear([0, d3.max(entries, ([, count]) => count) || 1], [0, width - left - right]);
    const line = svg
      .selectAll("g")
      .data(entries)
      .join("g")
      .attr("transform", (_, index) => `translate(0,${index * row})`);
    line
      .append("text")
      .attr("x", left - 8)
      .attr("y", row / 2 + 5)
      .attr("text-anchor", "end")
      .text(([key]) => levels[key] ?? key);
    line
      .append("rect")
      .attr("x", left)
      .attr("y", 5)
      .attr("height", row - 10)
      .attr("rx", 2)
      .attr("width", ([, count]) => Math.max(scale(count), count > 0 ? 2 : 0))
      .attr("fill", ([key]) => colours[key] ?? colours.unknown)
      .attr("class", "bar");
    line
      .append("text")
      .attr("class", "count")
      .attr("x", ([, count]) => left + scale(count) + 7)
      .attr("y", row / 2 + 5)
      .text(([, count]) => number.format(count));
  }

  document.querySelectorAll("[data-summary]").forEach(ring);
  document.querySelectorAll("[data-histogram]").forEach(bars);
  // Levels have their colour from the same list as the charts.
  document.querySelectorAll("[class*='level-']").forEach((label) => {
    const code = label.className.replace(/.*level-(\w+).*/, "$1");
    if (colours[code]) label.style.backgroundColor = colours[code];
  });
})();
