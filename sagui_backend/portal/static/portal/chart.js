// The chart of a station or reach: observed flow, forecast with its spread, the usual flow, references, thresholds, rain.

import { dayText, numberText, text } from "./texts.js";

const [WIDTH, HEIGHT] = [560, 300];
const MARGIN = { top: 24, right: 14, bottom: 26, left: 54 };
const MOST_TICKS = 5;
const NEAR = 2.5; // a threshold so many times above the highest flow is out of sight
const RAIN_SHARE = 0.22; // of the plot's height, hanging from its top
const COLOURS = {
  observed: "#0b4f6c", forecast: "#b3441f", expected: "#5d7a3a", reference: "#7a4fa3", rain: "#6aaed6",
  threshold_drought: "#b5830a", threshold_flood_low: "#d6a400", threshold_flood_mid: "#e06c00", threshold_flood_high: "#d0281b",
};
const time = (day) => new Date(`${day}T00:00:00Z`);

// The SVG's words, for those who do not see it.
function words(title, days) {
  if (!days.length) return `${title}: ${text("no_series")}`;
  const [low, high] = d3.extent(days, (day) => day.flow);
  return text("chart_words", title, dayText(days[0].date), dayText(days.at(-1).date), numberText(low), numberText(high));
}

// series: {title, flow, forecast, thresholds, reference, rain}; `reference` is {id, data} or null.
// Returns [key, colour, dash, value] for the list beside the chart; thresholds have a value.
export function drawChart(box, reading, series) {
  const days = [...series.flow, ...series.forecast];
  const svg = d3.create("svg").attr("viewBox", `0 0 ${WIDTH} ${HEIGHT}`).attr("role", "img").attr("tabindex", 0)
    .attr("aria-label", words(series.title, days));
  box.replaceChildren(svg.node());
  reading.textContent = days.length ? "" : text("no_series");
  if (!days.length) return [];

  const x = d3.scaleUtc(d3.extent(days, (day) => time(day.date)), [MARGIN.left, WIDTH - MARGIN.right]);
  const y = verticalScale(series, days);
  axes(svg, x, y);
  if (series.rain?.length) rainBars(svg, x, series.rain);
  const drawn = [...curves(svg, x, y, series), ...thresholdLines(svg, y, series)];
  cursor(svg, x, y, days, series, reading);
  return series.rain?.length ? [...drawn, ["rain", COLOURS.rain]] : drawn;
}

function verticalScale(series, days) {
  const values = [
    ...days.map((day) => day.flow),
    ...series.forecast.map((day) => day.flow + day.flow_mad),
    ...series.flow.map((day) => day.flow_expected),
    ...(series.reference?.data.map((day) => day.flow) ?? []),
    ...Object.values(inSight(series.thresholds, series)),
  ].filter(Number.isFinite);
  const low = Math.min(0, d3.min(values));
  return d3.scaleLinear([low, d3.max(values) * 1.06 || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(5);
}

// Thresholds that the flow is above, and the next one if it is near: lines far above would press the curve flat.
function inSight(thresholds = {}, { flow, forecast }) {
  const highest = d3.max([...flow.map((day) => day.flow), ...forecast.map((day) => day.flow + day.flow_mad)]);
  const sorted = Object.entries(thresholds).sort(([, one], [, other]) => one - other);
  const next = sorted.findIndex(([, value]) => value > highest);
  return Object.fromEntries(sorted.slice(0, next < 0 ? sorted.length : next + 1).filter(([, value]) => value <= NEAR * highest));
}

// D3 takes a wish for five weeks as ten: then every other one is left out, since some languages write days at length.
function fewTicks(x) {
  const ticks = x.ticks(MOST_TICKS);
  const step = Math.ceil(ticks.length / MOST_TICKS);
  return ticks.filter((_, place) => place % step === 0);
}

function axes(svg, x, y) {
  const label = (day) => dayText(day.toISOString().slice(0, 10), { day: "numeric", month: "short" });
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${HEIGHT - MARGIN.bottom})`)
    .call(d3.axisBottom(x).tickValues(fewTicks(x)).tickFormat(label).tickSizeOuter(0));
  svg.append("g").attr("class", "axis grid").attr("transform", `translate(${MARGIN.left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickFormat(numberText).tickSize(-(WIDTH - MARGIN.left - MARGIN.right)))
    .call((axis) => axis.select(".domain").remove());
  svg.append("text").attr("class", "unit").attr("x", 4).attr("y", 13).text("m³/s");
}

function rainBars(svg, x, rain) {
  const height = (HEIGHT - MARGIN.top - MARGIN.bottom) * RAIN_SHARE;
  const scale = d3.scaleLinear([0, Math.max(20, d3.max(rain, (day) => day.rain))], [0, height]);
  const width = Math.max(1, (x(time("2001-01-02")) - x(time("2001-01-01"))) * 0.8);
  svg.append("g").selectAll("rect").data(rain.filter((day) => time(day.date) >= x.domain()[0])).join("rect")
    .attr("x", (day) => x(time(day.date)) - width / 2).attr("y", MARGIN.top).attr("width", width)
    .attr("height", (day) => scale(day.rain)).attr("fill", COLOURS.rain).attr("opacity", 0.75);
}

function curves(svg, x, y, { flow, forecast, reference }) {
  const line = (value) => d3.line().defined((day) => Number.isFinite(value(day))).x((day) => x(time(day.date))).y((day) => y(value(day)));
  const drawn = [];
  const draw = (key, days, value, dash, width = 2) => {
    if (!days.some((day) => Number.isFinite(value(day)))) return;
    svg.append("path").attr("fill", "none").attr("stroke", COLOURS[key]).attr("stroke-width", width)
      .attr("stroke-dasharray", dash).attr("d", line(value)(days));
    drawn.push([key, COLOURS[key], dash]);
  };
  draw("expected", flow, (day) => day.flow_expected, "2 3", 1.6);
  if (reference) draw("reference", reference.data, (day) => day.flow, "5 3", 1.6);
  if (forecast.length) {
    // The forecast begins where the observed days end, so that no gap looks like missing days.
    const joined = flow.length ? [{ ...flow.at(-1), flow_mad: 0 }, ...forecast] : forecast;
    const band = d3.area().x((day) => x(time(day.date))).y0((day) => y(day.flow - day.flow_mad)).y1((day) => y(day.flow + day.flow_mad));
    svg.append("path").attr("fill", COLOURS.forecast).attr("opacity", 0.18).attr("d", band(joined));
    draw("forecast", joined, (day) => day.flow, null, 2.2);
    drawn.push(["spread", "rgb(179 68 31 / .3)"]);
  }
  draw("observed", flow, (day) => day.flow, null, 2.2);
  return drawn;
}

function thresholdLines(svg, y, series) {
  const drawn = inSight(series.thresholds, series);
  return Object.entries(series.thresholds ?? {}).map(([key, value]) => {
    if (key in drawn)
      svg.append("line").attr("x1", MARGIN.left).attr("x2", WIDTH - MARGIN.right).attr("y1", y(value)).attr("y2", y(value))
        .attr("stroke", COLOURS[key]).attr("stroke-width", 1.4).attr("stroke-dasharray", "7 3");
    return [key, COLOURS[key], "7 3", value];
  });
}

// A hair line that follows the pointer, or the arrow keys, and reads the day's values aloud.
function cursor(svg, x, y, days, series, reading) {
  const rain = new Map((series.rain ?? []).map((day) => [day.date, day.rain]));
  const rule = svg.append("line").attr("class", "rule").attr("y1", MARGIN.top).attr("y2", HEIGHT - MARGIN.bottom).attr("visibility", "hidden");
  const dot = svg.append("circle").attr("r", 4).attr("visibility", "hidden").attr("class", "dot");
  let place = series.flow.length - 1;
  const show = (next) => {
    place = Math.max(0, Math.min(days.length - 1, next));
    const day = days[place];
    const parts = [`${numberText(day.flow)} m³/s`];
    if (place >= series.flow.length) parts.push(`± ${numberText(day.flow_mad)} (${text("is_forecast")})`);
    if (Number.isFinite(day.flow_expected)) parts.push(`${text("expected")} ${numberText(day.flow_expected)}`);
    if (rain.has(day.date)) parts.push(`${text("rain")} ${numberText(rain.get(day.date))} mm`);
    reading.textContent = [dayText(day.date), ...parts].join(" · ");
    rule.attr("x1", x(time(day.date))).attr("x2", x(time(day.date))).attr("visibility", null);
    dot.attr("cx", x(time(day.date))).attr("cy", y(day.flow)).attr("visibility", null);
  };
  const nearest = d3.bisector((day) => time(day.date)).center;
  svg.on("pointermove", (event) => show(nearest(days, x.invert(d3.pointer(event)[0]))));
  svg.on("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -days.length, End: days.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(place + step);
  });
  show(place < 0 ? 0 : place);
}
