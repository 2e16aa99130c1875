// A point or an area on a map of the rivers; a base map only if one is configured.
(() => {
  "use strict";

  const DEGREES = 6;
  const SELECTED = { color: "#e8590c", weight: 5, opacity: 0.9 };

  const rounded = (number) => Number(number.toFixed(DEGREES));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "?");

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const button = (text, action) => element("button", { type: "button", textContent: text, onclick: action });

  function makeMap(canvas, options) {
    const map = L.map(canvas, { zoomControl: false, minZoom: 3, maxZoom: 18 });
    L.control
      .zoom({ zoomInTitle: options.words.zoomInTitle, zoomOutTitle: options.words.zoomOutTitle })
      .addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix(false);
    if (options.basemap) {
      L.tileLayer(options.basemap, { attribution: options.attribution, maxZoom: 18 }).addTo(map);
    }
    map.setView(options.centre, options.zoom);
    return map;
  }

  // The line of the chosen minibasin, and choosing another one.
  function linkMinibasin(map, options, hasPlace) {
    const select = document.getElementById(options.minibasin);
    const $ = window.django?.jQuery;
    if (!select || !$) return null;
    const chosen = L.geoJSON(null, { style: SELECTED, interactive: false }).addTo(map);
    let wanted = null;
    const show = async () => {
      // The list says "change" also when it is set up, and answers may come in another order than the choices.
      const mini = select.value;
      if (mini === wanted) return;
      wanted = mini;
      chosen.clearLayers();
      if (!mini) return;
      const response = await fetch(`${options.line}?${new URLSearchParams({ mini })}`);
      const line = response.ok ? await response.json() : null;
      if (wanted !== mini) return;
      if (!line) { wanted = null; return; }
      chosen.addData(line);
      map.getContainer().dataset.minibasin = mini;
      if (!hasPlace() && chosen.getBounds().isValid()) map.fitBounds(chosen.getBounds(), { maxZoom: 11, animate: false });
    };
    $(select).on("change", show);
    show();
    return (mini) => $(select).append(new Option(mini, mini, true, true)).trigger("change");
  }

  function startPoint(box, map, options, value, note) {
    const { words } = options;
    const bar = box.querySelector(".sagui-map-bar");
    const numbers = ["longitude", "latitude"].map((name) =>
      element("input", { type: "number", step: "any", className: `sagui-map-${name}` }));
    const [longitude, latitude] = numbers;
    let marker = null;

    const write = (place) => {
      value.value = place
        ? JSON.stringify({ type: "Point", coordinates: [rounded(place.lng), rounded(place.lat)] })
        : "";
      [longitude.value, latitude.value] = place ? [rounded(place.lng), rounded(place.lat)] : ["", ""];
    };
    const put = (place) => {
      if (!marker) {
        marker = L.marker(place, { draggable: true }).addTo(map);
        marker.on("dragend", () => write(marker.getLatLng()));
      }
      marker.setLatLng(place);
    };
    const remove = () => {
      marker?.remove();
      marker = null;
      write(null);
    };
    const find = () => marker && map.setView(marker.getLatLng(), Math.max(map.getZoom(), 11));
    const chooseMinibasin = linkMinibasin(map, options, () => marker !== null);

    const ask = (place, river) => {
      const popup = L.popup();
      const close = (action) => () => { action(); popup.close(); };
      const content = element("div", { className: "sagui-map-popup" });
      if (river) content.append(element("strong", { textContent: fill(words.minibasin, river) }));
      if (river && chooseMinibasin) {
        content.append(button(fill(words.useMinibasin, river), close(() => chooseMinibasin(river.mini))));
      }
      content.append(button(words.place, close(() => { put(place); write(place); })));
      popup.setLatLng(place).setContent(content).openOn(map);
    };

    numbers.forEach((input) => input.addEventListener("change", () => {
      if (longitude.value === "" || latitude.value === "") return;
      const place = L.latLng(Number(latitude.value), Number(longitude.value));
      put(place);
      write(place);
      map.panTo(place);
    }));
    bar.append(
      element("label", {}, words.longitude, longitude),
      element("label", {}, words.latitude, latitude),
      button(words.find, find),
      button(words.remove, remove),
    );
    const rivers = saguiRivers(map, options, note);
    map.on("click", (event) => ask(event.latlng, rivers.at(event.containerPoint)));

    const stored = value.value && JSON.parse(value.value);
    if (stored) {
      const [lng, lat] = stored.coordinates;
      put(L.latLng(lat, lng));
      [longitude.value, latitude.value] = [rounded(lng), rounded(lat)];
      map.setView([lat, lng], 10);
    }
  }

  function startArea(box, map, options, value, note) {
    const { words } = options;
    const style = { color: "#e8590c", weight: 2, fillOpacity: 0.12 };
    const texts = L.drawLocal.draw.handlers;
    Object.assign(texts.polygon.tooltip, { start: words.drawStart, cont: words.drawContinue, end: words.drawEnd });
    texts.polyline.error = `<strong>${words.drawError}</strong>`;
    let area = null;

    const write = () => {
      if (!area) {
        value.value = "";
        return;
      }
      const geometry = area.toGeoJSON(DEGREES).geometry;
      value.value = JSON.stringify(geometry);
    };
    const put = (layer) => {
      area?.editing.disable();
      area?.remove();
      area = layer;
      area.addTo(map);
      area.editing.enable();
      area.on("edit", write);
      drawButton.textContent = words.redraw;
    };
    const find = () => area && map.fitBounds(area.getBounds(), { padding: [20, 20] });
    const remove = () => {
      area?.editing.disable();
      area?.remove();
      area = null;
      drawButton.textContent = words.draw;
      write();
    };
    const drawer = new L.Draw.Polygon(map, { allowIntersection: false, shapeOptions: style });
    const drawButton = button(words.draw, () => drawer.enable());
    box.querySelector(".sagui-map-bar").append(drawButton, button(words.find, find), button(words.remove, remove));
    map.on(L.Draw.Event.CREATED, ({ layer }) => {
      put(layer);
      write();
    });
    saguiRivers(map, options, note);

    const stored = value.value && JSON.parse(value.value);
    if (stored) {
      put(L.polygon(L.GeoJSON.coordsToLatLngs(stored.coordinates, 1), style));
      find();
    }
  }

  function start(box) {
    const options = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    const value = box.querySelector(".sagui-map-value");
    const note = box.querySelector(".sagui-map-note");
    box.classList.add("is-live");
    const map = makeMap(box.querySelector(".sagui-map-canvas"), options);
    (box.dataset.geometry === "Point" ? startPoint : startArea)(box, map, options, value, note);
    box.saguiMap = map;
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".sagui-map").forEach(start));
})();
