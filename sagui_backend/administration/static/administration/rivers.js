// The rivers of the drainage tiles, drawn by MapLibre in a pane of a Leaflet map: above its base map, below the rest.
(() => {
  "use strict";

  const TILE_ZOOM_LIMIT = 14; // deeper views enlarge these tiles
  const REACH_PX = 6; // how far from a line a click still means it
  // Leaflet counts zooms for tiles of 256 pixels, MapLibre for 512.
  const ZOOM_SHIFT = 1;

  // Thin lines on a map of the whole country, thick ones close by; large rivers thicker than small ones.
  const thickness = (share) => ["*", share, ["+", 1, ["min", ["/", ["coalesce", ["get", "ordem"], 0], 6], 3]]];

  function style({ tiles, layer }) {
    return {
      version: 8,
      sources: { rivers: { type: "vector", tiles: [location.origin + tiles], maxzoom: TILE_ZOOM_LIMIT } },
      layers: [{
        id: "rivers", type: "line", source: "rivers", "source-layer": layer,
        layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["coalesce", ["get", "ordem"], 0] },
        paint: { "line-color": "#1c7ed6", "line-width": ["interpolate", ["linear"], ["zoom"], 5, thickness(0.4), 10, thickness(1.2)] },
      }],
    };
  }

  // Adds the rivers; `at(point)` of what it returns is the river under a point of the map, if any.
  window.saguiRivers = (map, options, note) => {
    const frame = map.getContainer();
    const box = document.createElement("div");
    box.className = "sagui-map-rivers";
    map.createPane("rivers").append(box);
    const fit = () => {
      const { x, y } = map.getSize();
      [box.style.width, box.style.height] = [`${x}px`, `${y}px`];
    };
    const view = () => {
      const { lat, lng } = map.getCenter();
      return { center: [lng, lat], zoom: map.getZoom() - ZOOM_SHIFT };
    };
    fit();
    let drawing;
    try {
      drawing = new maplibregl.Map({
        container: box, style: style(options.rivers), ...view(), interactive: false, attributionControl: false, fadeDuration: 0,
      });
    } catch {
      // The browser cannot draw them; everything else works.
      note.textContent = options.words.riversFailed;
      return { at: () => null };
    }
    const follow = () => {
      // The pane moves with the map; its content has to stay where the window is.
      L.DomUtil.setPosition(box, map.containerPointToLayerPoint([0, 0]));
      drawing.jumpTo(view());
    };
    const at = ({ x, y }) => {
      if (!drawing.isStyleLoaded()) return null;
      const around = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
      const [found] = drawing.queryRenderedFeatures(around, { layers: ["rivers"] });
      return found ? { mini: found.id, order: found.properties.ordem ?? "?" } : null;
    };
    follow();
    map.on("move", follow);
    map.on("movestart", () => { note.textContent = ""; });
    map.on("zoomstart", () => { box.hidden = true; });
    map.on("zoomend", () => { follow(); box.hidden = false; });
    map.on("resize", () => { fit(); drawing.resize(); follow(); });
    map.on("mousemove", (event) => frame.classList.toggle("is-over-river", at(event.containerPoint) !== null));
    drawing.on("error", () => { note.textContent = options.words.riversFailed; });
    drawing.on("idle", () => { frame.dataset.rivers = drawing.queryRenderedFeatures({ layers: ["rivers"] }).length; });
    return { at };
  };
})();
