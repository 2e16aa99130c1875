// The panel with the chart of a station or of a river reach.

import { getJson } from "./data.js";
import { drawChart } from "./chart.js";
import { numberText, text } from "./texts.js";

const DAYS = 60;
const element = (id) => document.getElementById(id);

export class Panel {
  #box = element("chart");
  #drawn = null; // what is shown, to be drawn again in another language
  #asked = 0;
  #opener = null;
  #onClose;

  constructor(onClose) {
    this.#onClose = onClose;
    element("chart-close").addEventListener("click", () => this.close());
    this.#box.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    element("chart-reference").querySelector("select").addEventListener("change", () => this.speak());
  }

  async station(station) {
    const base = `/api/v1/flow_alerts/stations/${station.id}/data.json?duration=${DAYS}`;
    const previ = `/api/v1/flow_previ/stations/${station.id}/data.json?duration=${DAYS}`;
    await this.#load([base, previ], ([alerts, reference]) => ({
      title: station.properties.name,
      facts: () => text("station_facts", station.properties.river ?? "", station.properties.minibasin),
      flow: alerts.data.flow,
      forecast: alerts.data.forecast,
      thresholds: Object.assign({}, ...(alerts.thresholds ?? [])),
      references: reference.data.references ?? [],
      csv: `/api/v1/flow_previ/stations/${station.id}/data.csv?duration=${DAYS}`,
    }));
  }

  async reach(cell) {
    await this.#load([`/api/v1/cells/${cell}/data?duration=${DAYS}`], ([record]) => ({
      title: text("reach", cell),
      facts: () => (record.width === null || record.depth === null ? "" : text("reach_facts", numberText(record.width), numberText(record.depth))),
      ...record.data,
      references: [],
    }));
  }

  close() {
    this.#asked += 1;
    this.#box.hidden = true;
    this.#drawn = null;
    this.#onClose();
    this.#opener?.focus();
  }

  // Draw what is shown, in the language in force.
  speak() {
    const series = this.#drawn;
    if (!series) return;
    const chooser = element("chart-reference").querySelector("select");
    const reference = series.references[chooser.selectedIndex] ?? null;
    element("chart-title").textContent = series.title;
    element("chart-facts").textContent = series.facts();
    element("chart-reference").hidden = !series.references.length;
    const link = element("chart-csv");
    link.hidden = !series.csv;
    if (series.csv) link.href = series.csv;
    const keys = drawChart(element("chart-plot"), element("chart-reading"), { ...series, reference });
    element("chart-key").replaceChildren(
      ...keys.map(([key, colour, dash, value]) => {
        const item = document.createElement("li");
        const name = key === "reference" ? text("reference_of", reference.id) : text(key);
        item.textContent = value === undefined ? name : `${name} (${numberText(value)})`;
        item.style.setProperty("--colour", colour);
        item.classList.toggle("dashed", Boolean(dash));
        return item;
      }),
    );
  }

  async #load(addresses, shape) {
    const asked = (this.#asked += 1);
    this.#opener = document.activeElement;
    const answers = await Promise.all(addresses.map(getJson));
    if (asked !== this.#asked) return; // another one was chosen meanwhile
    this.#drawn = shape(answers);
    const chooser = element("chart-reference").querySelector("select");
    chooser.replaceChildren(...this.#drawn.references.map((reference) => new Option(reference.id)));
    this.#box.hidden = false;
    this.speak();
    this.#box.focus({ preventScroll: true });
  }
}
