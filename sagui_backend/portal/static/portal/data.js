// What the page asks the server, and the numbers behind the colours: one small file per series and day.

export class DataError extends Error {
  // status: of the answer; undefined when none came.
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function fetched(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) return answer;
    throw new DataError(`${address}: ${answer.status}`, answer.status);
  } catch (error) {
    // fetch() knows only this error for a network that does not work.
    throw error instanceof TypeError ? new DataError(`${address}: ${error.message}`) : error;
  }
}

export const getJson = async (address) => (await fetched(address)).json();

// One number per code, as the series' encoding tells; NaN where the value is unknown.
export function decode(buffer, encoding) {
  const view = new DataView(buffer);
  return Float64Array.from({ length: buffer.byteLength / 2 }, (_, place) => {
    const code = view.getInt16(2 * place, true);
    if (code === encoding.missing) return NaN;
    if (encoding.kind === "linear") return code * encoding.scale;
    return code === 0 ? 0 : Math.sign(code) * encoding.minimum * Math.exp(encoding.step * (Math.abs(code) - 1));
  });
}

// Which series colours which source, per theme and measure; the forecast begins after the newest observed day.
const SERIES = {
  flow: { anomaly: { reaches: ["anomaly"] }, flow: { reaches: ["flow"] } },
  forecast: { anomaly: { reaches: ["anomaly", "forecast_anomaly"] }, flow: { reaches: ["flow", "forecast"] } },
};
const RAIN = { subbasins: ["rain_subbasin"], catchments: ["rain"] };
const ALERT = { flow: "flow_alerts", forecast: "flow_previ", rain: "rain_alerts" };
const LAYERS = { subbasins: "guyane.subbasins", catchments: "guyane.catchments", reaches: "guyane.reaches" };
const KEPT = 200; // decoded days; the least recently fetched go first

const wanted = (theme, measure) => (theme === "rain" ? RAIN : SERIES[theme][measure]);

export class Values {
  #index;
  #alerts;
  #ids;
  #decoded; // address → promise of {ids, numbers}

  static async open(before) {
    const [index, alerts] = await Promise.all([getJson("/api/values/"), getJson("/api/v1/dashboard.json")]);
    const kinds = Object.keys(index.ids);
    const lists = await Promise.all(kinds.map((kind) => getJson(index.ids[kind].url)));
    const ids = Object.fromEntries(kinds.map((kind, place) => [kind, lists[place].ids]));
    return new Values(index, alerts, ids, before);
  }

  constructor(index, alerts, ids, before) {
    this.#index = index;
    this.#alerts = alerts;
    this.#ids = ids;
    this.#decoded = before ? before.#decoded : new Map();
  }

  get version() {
    return this.#index.version;
  }

  // source → {layer, tiles}: addresses carry the version of the geography, so browsers keep tiles for good.
  get layers() {
    return Object.fromEntries(
      Object.entries(LAYERS).map(([source, layer]) => [source, { layer, tiles: location.origin + this.#index.layers[layer].tiles }]),
    );
  }

  // Days of a theme, oldest first; its newest observed day, the day of issue of a forecast, whether all that is too old.
  offer(theme) {
    const names = Object.values(wanted(theme, "flow"))[0];
    const days = names.flatMap((name) => this.#days(name).map((day) => day.date)).sort();
    const observed = this.#days(names[0])[0]?.date ?? null;
    const alert = this.#alerts.find((entry) => entry.id === ALERT[theme]);
    return { days, observed, issued: theme === "forecast" ? (alert?.data_date ?? null) : null, stale: Boolean(alert?.stale && observed) };
  }

  // source → {ids, numbers} of one day; every number is NaN where the server has no value for the day.
  async load(theme, measure, day) {
    const sources = Object.entries(wanted(theme, measure));
    const loaded = await Promise.all(sources.map(([, names]) => this.#values(names, day)));
    return Object.fromEntries(sources.map(([source], place) => [source, loaded[place]]));
  }

  // Fetch the theme's other days before anybody plays them.
  async prefetch(theme, measure) {
    for (const day of this.offer(theme).days) await this.load(theme, measure, day);
  }

  #days(name) {
    return this.#index.series[name].days;
  }

  #values(names, day) {
    const name = names.find((candidate) => this.#days(candidate).some((entry) => entry.date === day));
    if (!name) {
      const ids = this.#ids[this.#index.series[names[0]].ids];
      return { ids, numbers: new Float64Array(ids.length).fill(NaN) };
    }
    const series = this.#index.series[name];
    const { version } = this.#days(name).find((entry) => entry.date === day);
    const address = series.url.replace("{date}", day).replace("{version}", version);
    if (!this.#decoded.has(address)) this.#keep(address, this.#fetch(address, series));
    return this.#decoded.get(address);
  }

  async #fetch(address, series) {
    const numbers = decode(await (await fetched(address)).arrayBuffer(), series.encoding);
    const ids = this.#ids[series.ids];
    if (numbers.length !== ids.length) throw new DataError(`${address}: ${numbers.length} values for ${ids.length} features`);
    return { ids, numbers };
  }

  #keep(address, promise) {
    this.#decoded.set(address, promise);
    promise.catch(() => this.#decoded.delete(address));
    if (this.#decoded.size > KEPT) this.#decoded.delete(this.#decoded.keys().next().value);
  }
}
