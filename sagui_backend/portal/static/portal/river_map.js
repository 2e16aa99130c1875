// The map itself: a plain ground that needs no internet, rivers and land coloured by class, stations as buttons.

import { SCALES, UNKNOWN } from "./classes.js";

const MAX_TILE_ZOOM = 14;
const [NAME_PX, LINE_PX] = [160, 18]; // room that a station's name takes
const AROUND_MIDDLE_PX = [4, 12, 30, 60, 120]; // how far from the middle Enter looks for a river, the nearest first

// A colour per class, looked up by the number in the feature's state.
const colours = (scale) => [
  "match", ["coalesce", ["feature-state", "place"], -1],
  ...scale.colours.flatMap((colour, place) => [place, colour]), UNKNOWN,
];
const WIDTH_M = ["coalesce", ["get", "width"], 0];
const CLASSED_WIDTH = (thin) => ["step", WIDTH_M, thin, 100, thin * 1.7, 500, thin * 2.7, 1000, thin * 3.8, 2000, thin * 5];
const LINE_WIDTH = ["interpolate", ["linear"], ["zoom"], 5, CLASSED_WIDTH(0.7), 8, CLASSED_WIDTH(1.3), 12, CLASSED_WIDTH(3)];

function style(basemap) {
  const sources = {};
  const layers = [{ id: "ground", type: "background", paint: { "background-color": "#e9efec" } }];
  if (basemap.basemap_url) {
    sources.basemap = { type: "raster", tiles: [basemap.basemap_url], tileSize: 256, attribution: basemap.basemap_attribution };
    layers.push({ id: "basemap", type: "raster", source: "basemap", paint: { "raster-saturation": -0.5, "raster-opacity": 0.75 } });
  }
  return { version: 8, sources, layers };
}

export function createMap(container, settings, layers) {
  const map = new maplibregl.Map({
    container, style: style(settings), bounds: settings.extent ?? [-56.5, 1.9, -51, 6], fitBoundsOptions: { padding: { top: 25, bottom: 140, left: 25, right: 25 } },
    maxZoom: 14, minZoom: 4, dragRotate: false, pitchWithRotate: false, attributionControl: { compact: true },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 110 }), "bottom-right");
  return new RiverMap(map, layers);
}

class RiverMap {
  #map;
  #layers; // source → {layer, tiles}: reaches, catchments, subbasins
  #places = new Map(); // source → class per feature shown now
  #stations = [];
  #rain = false; // areas are coloured, not rivers

  constructor(map, layers) {
    this.#map = map;
    this.#layers = layers;
  }

  async ready() {
    if (!this.#map.isStyleLoaded()) await this.#map.once("load");
    const map = this.#map;
    for (const [source, { tiles }] of Object.entries(this.#layers)) {
      map.addSource(source, { type: "vector", tiles: [tiles], maxzoom: MAX_TILE_ZOOM });
      this.#places.set(source, new Map());
    }
    const land = (source, zooms) => {
      const from = { source, "source-layer": this.#layers[source].layer, layout: { visibility: "none" }, ...zooms };
      map.addLayer({ ...from, id: `${source}-rain`, type: "fill", paint: { "fill-color": colours(SCALES.rain), "fill-opacity": 0.8 } });
      map.addLayer({ ...from, id: `${source}-edge`, type: "line", paint: { "line-color": "#5b6875", "line-width": 0.6, "line-opacity": 0.6 } });
    };
    map.addLayer({
      id: "land", type: "fill", source: "subbasins", "source-layer": this.#layers.subbasins.layer,
      paint: { "fill-color": "#f8faf6", "fill-opacity": map.getSource("basemap") ? 0.25 : 1, "fill-outline-color": "#d3ddd6" },
    });
    land("subbasins", { maxzoom: 10 });
    land("catchments", { minzoom: 10 });
    const reach = { source: "reaches", "source-layer": this.#layers.reaches.layer, layout: { "line-cap": "round", "line-join": "round" } };
    map.addLayer({
      ...reach, id: "chosen", type: "line", filter: ["==", ["id"], -1],
      paint: { "line-color": "#111", "line-width": ["interpolate", ["linear"], ["zoom"], 5, 5, 12, 16], "line-opacity": 0.55 },
    });
    map.addLayer({ ...reach, id: "rivers", type: "line", paint: { "line-color": "#6aaed6", "line-width": LINE_WIDTH } });
    map.on("zoomend", () => this.#placeNames());
    // A thin line is hard to hit with a finger.
    map.addLayer({ ...reach, id: "touch", type: "line", paint: { "line-width": 16, "line-opacity": 0 } });
  }

  // theme: flow, forecast or rain.
  show(theme, measure) {
    const rain = (this.#rain = theme === "rain");
    for (const id of ["subbasins-rain", "subbasins-edge", "catchments-rain", "catchments-edge"])
      this.#map.setLayoutProperty(id, "visibility", rain ? "visible" : "none");
    this.#map.setPaintProperty("rivers", "line-color", rain ? "#7c94a6" : colours(SCALES[measure]));
    this.#map.setPaintProperty("rivers", "line-opacity", rain ? 0.5 : 1);
  }

  // Colour features: places is an iterable of [feature id, class]; only what changed is touched.
  paint(source, places) {
    const shown = this.#places.get(source);
    for (const [id, place] of places) {
      if (shown.get(id) === place) continue;
      shown.set(id, place);
      this.#map.setFeatureState({ source, sourceLayer: this.#layers[source].layer, id }, { place });
    }
  }

  setStations(stations, onChoose) {
    for (const { marker } of this.#stations) marker.remove();
    this.#stations = stations.map((station) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "station";
      const name = document.createElement("span");
      name.textContent = station.properties.name;
      button.append(name);
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        onChoose(station);
      });
      const marker = new maplibregl.Marker({ element: button }).setLngLat(station.geometry.coordinates).addTo(this.#map);
      return { station, button, marker };
    });
    this.#placeNames();
  }

  // A name stands right of its station, or left where it would run into the next one.
  #placeNames() {
    const places = this.#stations.map(({ station }) => this.#map.project(station.geometry.coordinates));
    this.#stations.forEach(({ button }, own) => {
      const { x, y } = places[own];
      const crowded = places.some((other) => other.x > x && other.x < x + NAME_PX && Math.abs(other.y - y) < LINE_PX);
      button.classList.toggle("left", crowded);
    });
  }

  // The level of each station on the day shown.
  levelStations(colour, sign, label) {
    for (const { station, button } of this.#stations) {
      button.style.setProperty("--level", colour(station));
      button.style.setProperty("--sign", `"${sign(station)}"`);
      button.setAttribute("aria-label", label(station));
    }
  }

  choose(cell) {
    this.#map.setFilter("chosen", ["==", ["id"], cell ?? -1]);
  }

  // Where a place lies on the canvas: {x, y} in pixels.
  project(place) {
    return this.#map.project(place);
  }

  // Words for the reach, or the area of rain, under the pointer. A finger does not hover: it opens the chart at once.
  onHover(words) {
    if (!matchMedia("(hover: hover)").matches) return;
    const box = new maplibregl.Popup({ closeButton: false, closeOnClick: false, className: "reading", offset: 14, maxWidth: "none" });
    this.#map.on("mousemove", (event) => {
      const [feature] = this.#map.queryRenderedFeatures(event.point, { layers: this.#rain ? ["subbasins-rain", "catchments-rain"] : ["touch"] });
      if (feature) box.setLngLat(event.lngLat).setText(words(feature.source, feature.id)).addTo(this.#map);
      else box.remove();
    });
    this.#map.on("mouseout", () => box.remove());
  }

  onReach(choose) {
    this.#map.on("click", "touch", (event) => choose(event.features[0].id));
    this.#map.on("mouseenter", "touch", () => (this.#map.getCanvas().style.cursor = "pointer"));
    this.#map.on("mouseleave", "touch", () => (this.#map.getCanvas().style.cursor = ""));
    this.#map.getCanvas().addEventListener("keydown", (event) => {
      const cell = event.key === "Enter" ? this.#inTheMiddle() : undefined;
      if (cell !== undefined) choose(cell);
    });
  }

  // What screen readers say of the map.
  describe(words) {
    this.#map.getCanvas().setAttribute("aria-label", words);
  }

  // By keyboard: the arrows move the map, a cross marks its middle (page.css).
  #inTheMiddle() {
    const { clientWidth, clientHeight } = this.#map.getCanvas();
    const [x, y] = [clientWidth / 2, clientHeight / 2];
    for (const far of AROUND_MIDDLE_PX) {
      const [feature] = this.#map.queryRenderedFeatures([[x - far, y - far], [x + far, y + far]], { layers: ["rivers"] });
      if (feature) return feature.id;
    }
    return undefined;
  }
}

