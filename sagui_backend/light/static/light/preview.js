// One layer on a plain ground; what lies under the pointer is written above the map.

const place = document.getElementById("map");
const COLOUR = "#00568f";

async function show() {
  const layer = await (await fetch(place.dataset.tilejson)).json();
  const map = new maplibregl.Map({
    container: place,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef2f4" } }] },
    bounds: [layer.bounds.slice(0, 2), layer.bounds.slice(2)],
    fitBoundsOptions: { padding: 20 },
    attributionControl: { compact: true },
  });
  map.addControl(new maplibregl.NavigationControl());
  map.on("load", () => {
    map.addSource("layer", { type: "vector", tiles: layer.tiles, minzoom: layer.minzoom, maxzoom: Math.min(layer.maxzoom, 14), bounds: layer.bounds, attribution: layer.attribution });
    map.addLayer({ id: "layer", source: "layer", "source-layer": layer.vector_layers[0].id, ...drawing(layer.geometrytype) });
  });
  map.on("mousemove", "layer", (event) => {
    const { id, properties } = event.features[0];
    document.getElementById("feature").textContent = JSON.stringify({ id, ...properties });
  });
}

function drawing(shape) {
  if (shape === "Point") return { type: "circle", paint: { "circle-radius": 5, "circle-color": COLOUR } };
  if (shape === "Polygon") return { type: "fill", paint: { "fill-color": COLOUR, "fill-opacity": 0.15, "fill-outline-color": COLOUR } };
  return { type: "line", paint: { "line-color": COLOUR, "line-width": 1.2 } };
}

show();
