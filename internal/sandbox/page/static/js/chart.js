// data_visualization blocks: bars, lines, areas and pies, drawn as SVG.
import { h, svg } from "./dom.js";

const width = 480;
const height = 180;
const margin = { left: 40, right: 8, top: 10, bottom: 24 };

/** chart is a data_visualization block. */
export function chart(block) {
  const data = block.chart ?? block;
  const title = textOf(block.title ?? data.title);
  const body = data.type === "pie" ? pie(data) : axes(data);
  return h("figure", { class: "b-chart" }, title && h("figcaption", {}, title), body.picture, body.legend);
}

const textOf = (value) => (typeof value === "string" ? value : value?.text);

function axes(data) {
  const series = (data.series ?? []).map((each) => ({ name: textOf(each.name) ?? "", points: pointsOf(each) }));
  const labels = (data.axis_config?.categories ?? series[0]?.points.map((point) => point.label) ?? []).map((each) => textOf(each) ?? String(each));
  const values = series.flatMap((each) => each.points.map((point) => point.value));
  const range = { low: Math.min(0, ...values), high: rounded(Math.max(1, ...values)) };
  const draw = data.type === "bar" ? bars : lines;
  return { picture: frame(labels, range, draw(series, labels.length, range, data.type)), legend: legend(series.map((each) => each.name)) };
}

// rounded is the next number above that is good to read.
function rounded(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit) * unit;
}

function pointsOf(series) {
  return (series.data ?? series.points ?? []).map((point, place) =>
    (typeof point === "number" ? { label: String(place + 1), value: point } : { label: textOf(point.label) ?? "", value: Number(point.value ?? 0) }));
}

const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
const yOf = (value, { low, high }) => margin.top + (inner.height * (high - value)) / (high - low);

function frame(labels, range, marks) {
  const ticks = [range.low, (range.low + range.high) / 2, range.high].map((value) => [
    svg("line", { class: "chart-grid", x1: margin.left, x2: width - margin.right, y1: yOf(value, range), y2: yOf(value, range) }),
    svg("text", { class: "chart-label", x: margin.left - 6, y: yOf(value, range) + 4, "text-anchor": "end" }, short(value)),
  ]);
  const every = Math.ceil(labels.length / 8) || 1;
  const names = labels.map((label, place) => place % every === 0 &&
    svg("text", { class: "chart-label", x: margin.left + (place + 0.5) * (inner.width / labels.length), y: height - 7, "text-anchor": "middle" }, label));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "chart" }, ticks, marks, names);
}

function bars(series, count, range) {
  const slot = inner.width / Math.max(1, count);
  const wide = (slot * 0.7) / Math.max(1, series.length);
  return series.flatMap((each, row) => each.points.map((point, place) => svg("rect", {
    class: `chart-fill-${row % 6}`, x: margin.left + place * slot + slot * 0.15 + row * wide, y: yOf(Math.max(0, point.value), range),
    width: Math.max(1, wide - 1), height: Math.abs(yOf(0, range) - yOf(point.value, range)), rx: 2,
  }, svg("title", {}, `${each.name} ${point.label}: ${point.value}`))));
}

function lines(series, count, range, type) {
  const slot = inner.width / Math.max(1, count);
  return series.flatMap((each, row) => {
    const points = each.points.map((point, place) => `${margin.left + (place + 0.5) * slot},${yOf(point.value, range)}`);
    const floor = yOf(0, range);
    const area = type === "area" && points.length > 0 && svg("polygon", {
      class: `chart-fill-${row % 6} chart-area`, points: [`${points[0].split(",")[0]},${floor}`, ...points, `${points.at(-1).split(",")[0]},${floor}`].join(" "),
    });
    return [area, svg("polyline", { class: `chart-line-${row % 6}`, points: points.join(" "), fill: "none" })];
  });
}

function pie(data) {
  const segments = (data.segments ?? data.data ?? []).map((each) => ({ name: textOf(each.label) ?? "", value: Number(each.value ?? 0) }));
  const total = segments.reduce((sum, each) => sum + each.value, 0) || 1;
  let turned = 0;
  const slices = segments.map((each, place) => {
    const slice = svg("circle", {
      class: `chart-slice-${place % 6}`, cx: 60, cy: 60, r: 30, fill: "none", "stroke-width": 60, pathLength: 100,
      "stroke-dasharray": `${(each.value / total) * 100} 100`, "stroke-dashoffset": -turned,
    });
    turned += (each.value / total) * 100;
    return slice;
  });
  const picture = svg("svg", { class: "chart-pie", viewBox: "0 0 120 120", role: "img", "aria-label": "chart" }, slices);
  return { picture, legend: legend(segments.map((each) => `${each.name} ${short(each.value)}`)) };
}

function legend(names) {
  return h("ul", { class: "chart-legend" }, names.filter(Boolean).map((name, place) => h("li", { class: `chart-key-${place % 6}` }, name)));
}

const short = (value) => new Intl.NumberFormat([], { notation: "compact", maximumFractionDigits: 1 }).format(value);
