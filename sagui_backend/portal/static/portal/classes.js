// Classes of the map: bounds are those that all clients of the platform draw; unknown is a colour of its own.

export const UNKNOWN = "#a3abb3";

// `colours[i]` holds from bounds[i - 1] to below bounds[i].
export const SCALES = {
  flow: {
    bounds: [50, 100, 250, 500, 1000, 2500, 5000, 10000],
    colours: ["#a9d3ea", "#86bfe0", "#62a9d5", "#4292c6", "#2a78b5", "#145f9f", "#0a4780", "#08315f", "#051b3b"],
  },
  anomaly: {
    bounds: [-100, -50, -25, -10, 10, 25, 50, 100],
    colours: ["#7f2704", "#b8500b", "#e08a2e", "#f2bd72", "#7fae8e", "#7fc0dd", "#3f8fc4", "#1d5fa8", "#0a2f6b"],
  },
  rain: { bounds: [5, 20, 50], colours: ["#cfe3e8", "rgb(255 235 59)", "rgb(253 122 0)", "rgb(255 69 56)"] },
};

export const LEVELS = {
  n: "rgb(0 235 108)",
  d1: "rgb(255 235 59)", d2: "rgb(253 122 0)", d3: "rgb(255 69 56)",
  f1: "rgb(255 235 59)", f2: "rgb(253 122 0)", f3: "rgb(255 69 56)",
};

// Flood and drought share the contract's colours: a sign tells them apart, for every eye.
export const SIGNS = { f: "▲", d: "▼" };

// Number of the class, -1 when the value is unknown.
export function classOf(scale, value) {
  if (!Number.isFinite(value)) return -1;
  const place = scale.bounds.findIndex((bound) => value < bound);
  return place < 0 ? scale.bounds.length : place;
}

export const colourOf = (scale, place) => scale.colours[place] ?? UNKNOWN;
