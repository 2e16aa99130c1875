// Sorts the table by the column whose heading is clicked; cells without a value stay at the end.
(() => {
  "use strict";

  const table = document.querySelector("table.flow");
  if (!table) return;
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const collator = new Intl.Collator(document.documentElement.lang, { sensitivity: "base" });

  const valueOf = (row, column) => row.cells[column].dataset.value;

  function compare(column, sign) {
    return (one, other) => {
      const [a, b] = [valueOf(one, column), valueOf(other, column)];
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (column === 0 ? collator.compare(a, b) : Number(a) - Number(b));
    };
  }

  function sortBy(column) {
    const was = headings[column].getAttribute("aria-sort");
    const next = was === "descending" || (was === null && column === 0) ? "ascending" : "descending";
    headings.forEach((heading) => heading.removeAttribute("aria-sort"));
    headings[column].setAttribute("aria-sort", next);
    body.append(...[...body.rows].sort(compare(column, next === "ascending" ? 1 : -1)));
  }

  headings.forEach((heading, column) => heading.querySelector("button").addEventListener("click", () => sortBy(column)));

  // On a narrow screen the newest observed day and the forecast matter most.
  const firstForecast = table.querySelector("th.forecast");
  const frame = table.parentElement;
  if (firstForecast && frame.scrollWidth > frame.clientWidth) {
    const observed = firstForecast.previousElementSibling;
    frame.scrollLeft = observed.offsetLeft - headings[0].offsetWidth;
  }
})();
