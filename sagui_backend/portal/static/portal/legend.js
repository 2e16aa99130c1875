// The legend: classes with their unit, and the levels of stations.

import { LEVELS, SCALES, SIGNS, UNKNOWN } from "./classes.js";
import { numberText, text } from "./texts.js";

function item(colour, words) {
  const line = document.createElement("li");
  line.style.setProperty("--colour", colour);
  line.textContent = words;
  return line;
}

function classes(scale) {
  const bounds = scale.bounds.map(numberText);
  return scale.colours.map((colour, place) => {
    if (place === 0) return item(colour, text("below", bounds[0]));
    if (place === bounds.length) return item(colour, text("from", bounds.at(-1)));
    return item(colour, text("between", bounds[place - 1], bounds[place]));
  });
}

export function drawLegend(theme, measure) {
  const quantity = theme === "rain" ? "rain" : measure;
  document.getElementById("legend-title").textContent = text(`title_${quantity}`);
  document.getElementById("measures").hidden = theme === "rain";
  // Largest on top, as on a gauge.
  document.getElementById("classes").replaceChildren(...classes(SCALES[quantity]).reverse(), item(UNKNOWN, text("unknown")));
  const levels = theme === "rain" ? [] : ["f3", "f2", "f1", "n", "d1", "d2", "d3"];
  document.getElementById("station-caption").hidden = !levels.length;
  document.getElementById("levels").replaceChildren(...levels.map((level) => item(LEVELS[level], `${SIGNS[level[0]] ?? ""} ${text(level)}`)),
    ...(levels.length ? [item(UNKNOWN, text("unknown"))] : []));
}
