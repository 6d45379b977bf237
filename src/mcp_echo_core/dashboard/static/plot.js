// How long answers took, one point each; streams are left out, since they last as long as somebody wants them to.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { useWidth } from "./hooks.js";
import { duration, quantile, refused } from "./format.js";
import uPlot from "./vendor/uplot.js";

const HEIGHT = 132;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400]; // seconds between two ticks
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function Latency({ exchanges }) {
  const [box, width] = useWidth(400);
  const answered = exchanges.filter((exchange) => !exchange.stream && exchange.seconds != null);
  const times = answered.map((exchange) => exchange.seconds);
  const summary = times.length
    ? `median ${duration(quantile(times, 0.5))}, 95 % below ${duration(quantile(times, 0.95))}, longest ${duration(Math.max(...times))}`
    : "nothing answered yet";
  const red = answered.some(refused) ? "; red was refused" : "";
  return html`<section class="panel latency" aria-labelledby="latency-title">
    <div class="title"><h2 id="latency-title">Time to answer</h2><span class="quiet">${summary}${red}</span></div>
    <div ref=${box} class="plot" aria-hidden="true">${times.length > 0 && html`<${Plot} answered=${answered} width=${width} />`}</div>
  </section>`;
}

function Plot({ answered, width }) {
  const place = useRef(null);
  const plot = useRef(null);
  const [theme, setTheme] = useState(dark.matches);
  const data = [
    answered.map((exchange) => exchange.at),
    answered.map((exchange) => (refused(exchange) ? null : exchange.seconds * 1000)),
    answered.map((exchange) => (refused(exchange) ? exchange.seconds * 1000 : null)),
  ];
  useEffect(() => {
    const changed = () => setTheme(dark.matches);
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
  useEffect(() => {
    plot.current = new uPlot(options(width), data, place.current);
    return () => plot.current.destroy();
  }, [theme]);
  useEffect(() => plot.current?.setSize({ width, height: HEIGHT }), [width]);
  useEffect(() => plot.current?.setData(data), [answered.at(-1)?.sequence, answered.length]);
  return html`<div ref=${place}></div>`;
}

function options(width) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), font: `11px ${colour("--sans")}`, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1, size: 4 } };
  const points = (name) => ({
    stroke: colour(name),
    paths: () => null, // points only: a line would claim that there is something between two answers
    points: { show: true, size: 5, fill: colour(name), width: 0 },
  });
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, range: roomy }, y: { range: (plot, low, high) => [0, (high || 1) * 1.15] } },
    axes: [
      { ...axis, size: 24, space: 90, incrs: STEPS, values: (plot, moments) => moments.map((at) => new Date(at * 1000).toTimeString().slice(0, 8)) },
      { ...axis, size: 52, space: 26, values: (plot, figures) => figures.map((figure) => `${figure} ms`) },
    ],
    series: [{}, points("--accent"), points("--red")],
  };
}

/** At least four seconds wide, so that a single answer has a place. */
function roomy(plot, low, high) {
  const middle = (low + high) / 2;
  const half = Math.max(2, ((high - low) / 2) * 1.04);
  return [middle - half, middle + half];
}
