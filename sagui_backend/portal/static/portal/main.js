// Ties the page together: what the reader chose, what the data offer, what map, slider, legend and chart show.

import { LEVELS, SCALES, SIGNS, UNKNOWN, classOf } from "./classes.js";
import { DataError, Values, getJson } from "./data.js";
import { drawLegend } from "./legend.js";
import { Panel } from "./panel.js";
import { createMap } from "./river_map.js";
import { dayText, numberText, preferredLanguage, currentLanguage, speak, text } from "./texts.js";
import { Timeline } from "./timeline.js";

const REFRESH_MS = 5 * 60_000;
const RETRY_S = 15;
const THEMES = ["flow", "forecast", "rain"];
const MEASURES = ["anomaly", "flow"];
const DAY_MS = 86_400_000;

const asked = new URLSearchParams(location.hash.slice(1));
const choice = {
  theme: THEMES.includes(asked.get("theme")) ? asked.get("theme") : "flow",
  measure: MEASURES.includes(asked.get("measure")) ? asked.get("measure") : "anomaly",
  day: asked.get("day"),
};
const element = (id) => document.getElementById(id);
let values = null;
let map = null;
let stations = {}; // theme → list of features
let frame = 0;
let again = 0; // timer of the next start
let painted = {}; // source → {ids, numbers} of the day on the map
const UNITS = { flow: "m³/s", anomaly: "%", rain: "mm" };

const panel = new Panel(() => map?.choose(null));
const timeline = new Timeline((day) => {
  choice.day = day;
  show();
});

function remember() {
  const parts = new URLSearchParams({ theme: choice.theme, measure: choice.measure, day: choice.day ?? "", lang: currentLanguage() });
  history.replaceState(null, "", `#${parts}`);
}

function notice(words) {
  element("notice").hidden = !words;
  element("notice").textContent = words ?? "";
}

// Run work that may fail because server or network do; the reader is told, and it is tried again.
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    // Before the first publication there are no values at all.
    notice(error.status === 404 && !values ? text("empty") : text("unreachable", RETRY_S));
    startIn(RETRY_S * 1000);
  }
}

// Ask again after a while; only the last wish counts.
function startIn(ms) {
  clearTimeout(again);
  again = setTimeout(() => guarded(start), ms);
}

async function start() {
  const [settings, opened, alerts, previ] = await Promise.all([
    getJson("/api/v1/map"), Values.open(values), getJson("/api/v1/flow_alerts/stations.json?page_size=10000"),
    getJson("/api/v1/flow_previ/stations.json?page_size=10000"),
  ]);
  const unchanged = values?.version === opened.version;
  // Whoever looks at the newest day goes on looking at the newest day.
  if (values && !unchanged && choice.day === values.offer(choice.theme).observed) choice.day = null;
  values = opened;
  stations = { flow: alerts.results.features, forecast: previ.results.features, rain: [] };
  notice(null);
  if (!map) {
    map = createMap("map", settings, values.layers);
    window.sagui = map; // for those who look closer in their browser's console
    await map.ready();
    map.onHover(valueText);
    map.onReach((cell) => {
      map.choose(cell);
      guarded(() => panel.reach(cell));
    });
  }
  startIn(REFRESH_MS);
  if (!unchanged) return changeTheme();
  tell();
  show(); // what failed to come before
}

function changeTheme() {
  timeline.pause();
  const offered = values.offer(choice.theme);
  timeline.offer(offered.days, offered.observed, choice.day);
  choice.day = timeline.day ?? null;
  map.show(choice.theme, choice.measure);
  map.setStations(stations[choice.theme], (station) => {
    map.choose(station.properties.minibasin);
    guarded(() => panel.station(station));
  });
  tell();
  show();
}

// Everything in words.
function tell() {
  drawLegend(choice.theme, choice.measure);
  map?.describe(text("map_keys"));
  timeline.speak();
  panel.speak();
  const offered = values?.offer(choice.theme);
  if (!offered) return;
  const newest = offered.issued ?? offered.observed;
  const age = element("age");
  age.textContent = newest ? `${text(offered.issued ? "forecast_of" : "data_of", dayText(newest))} (${ageText(newest)})` : "";
  age.classList.toggle("stale", offered.stale);
  notice(!newest ? text("empty") : offered.stale ? text("stale", dayText(newest), ageText(newest)) : null);
}

function ageText(day) {
  const today = new Date().toISOString().slice(0, 10);
  const days = Math.round((Date.parse(today) - Date.parse(day)) / DAY_MS);
  return days <= 0 ? text("today") : days === 1 ? text("yesterday") : text("days_ago", days);
}

const quantity = () => (choice.theme === "rain" ? "rain" : choice.measure);

// What a reach or an area shows on this day.
function valueText(source, id) {
  const { ids, numbers } = painted[source] ?? { ids: [] };
  const value = numbers?.[ids.indexOf(id)];
  const style = quantity() === "anomaly" ? { signDisplay: "exceptZero" } : {};
  const words = Number.isFinite(value) ? `${numberText(value, style)} ${UNITS[quantity()]}` : text("unknown");
  return source === "reaches" ? `${text("reach", id)} · ${words}` : words;
}

const levelOf = (station) => station.properties.levels.find((entry) => entry.date === choice.day)?.level;

function show() {
  remember();
  const current = (frame += 1);
  map.levelStations(
    (station) => LEVELS[levelOf(station)] ?? UNKNOWN,
    (station) => SIGNS[levelOf(station)?.[0]] ?? "",
    (station) => `${station.properties.name} : ${text(levelOf(station) ?? "unknown")}`,
  );
  if (choice.day === null) return;
  guarded(async () => {
    const scale = SCALES[quantity()];
    const loaded = await values.load(choice.theme, choice.measure, choice.day);
    if (current !== frame) return; // the reader is already on another day
    painted = loaded;
    for (const [source, { ids, numbers }] of Object.entries(painted))
      map.paint(source, Array.from(ids, (id, place) => [id, classOf(scale, numbers[place])]));
    document.body.dataset.shown = `${choice.theme}/${choice.measure}/${choice.day}`;
    await values.prefetch(choice.theme, choice.measure);
  });
}

function listen() {
  for (const input of document.querySelectorAll("input[type=radio]")) {
    input.checked = choice[input.name] === input.value;
    input.addEventListener("change", () => {
      choice[input.name] = input.value;
      changeTheme();
    });
  }
  element("language").addEventListener("change", (event) => {
    speak(event.target.value);
    tell();
    if (map) show();
  });
  if (matchMedia("(max-width: 46rem)").matches) document.querySelector("#legend details").open = false;
}

speak(preferredLanguage(asked.get("lang")));
element("language").value = currentLanguage();
listen();
tell();
if (maplibregl.supported?.() === false || !document.createElement("canvas").getContext("webgl2")) notice(text("no_webgl"));
else guarded(start);
