// Draws the table of times as two graphs, and again whenever it is renewed.
"use strict";

const graph = document.getElementById("graph");
const words = graph ? graph.dataset : {};
const plots = [];

// Columns of the table, a step without a row as no call and no time.
function read(live) {
  const rows = new Map();
  live.querySelectorAll("#steps tr").forEach((row) => rows.set(Number(row.dataset.at), row.dataset));
  const columns = [[], [], [], [], []];
  const [since, until, step] = [live.dataset.since, live.dataset.until, live.dataset.step].map(Number);
  for (let at = since; at <= until; at += step) {
    const row = rows.get(at);
    columns[0].push(at);
    columns[1].push(row ? Number(row.calls) : 0);
    columns[2].push(row ? Number(row.errors) : 0);
    columns[3].push(row ? Number(row.median) / 1000 : null);
    columns[4].push(row ? Number(row.slow) / 1000 : null);
  }
  return columns;
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const numbers = new Intl.NumberFormat(words.language, { maximumSignificantDigits: 4 });
const label = (self, value) => (value === null || value === undefined ? "–" : numbers.format(value));

function axis(more) {
  return { stroke: color("--dim"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") }, ...more };
}

function draw(place, data, series) {
  const moment = new Intl.DateTimeFormat(words.language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  const lines = series.map((each) => ({
    label: each.label, stroke: color(each.color), fill: each.bars ? `${color(each.color)}b0` : undefined, width: each.bars ? 0 : 2,
    paths: each.bars ? uPlot.paths.bars({ size: [0.9, 24] }) : undefined, value: label, points: { size: 5 }, spanGaps: false,
  }));
  const options = {
    width: place.clientWidth || 320, height: 220, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    legend: { live: true }, cursor: { y: false }, scales: { y: { range: (self, low, high) => [0, Math.max(high * 1.1, least(series))] } },
    axes: [axis({ space: 60, values: times(data[0]) }), axis({ size: 56, values: (self, marks) => marks.map((mark) => numbers.format(mark)) })],
    series: [{ label: "UTC", value: (self, at) => (at === null || at === undefined ? "–" : moment.format(at * 1000)) }, ...lines],
  };
  return new uPlot(options, data, place);
}

// The least height of a scale: one call, or a tenth of a millisecond.
function least(series) {
  return series[0].bars ? 1 : 0.1;
}

function times(steps) {
  const long = steps.length > 1 && steps[steps.length - 1] - steps[0] > 2 * 86400;
  const form = new Intl.DateTimeFormat(words.language, long
    ? { day: "numeric", month: "short", timeZone: "UTC" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
  return (self, marks) => marks.map((mark) => form.format(mark * 1000));
}

function renew() {
  const live = document.getElementById("live");
  if (!graph || !live || !live.dataset.step) {
    return;
  }
  const data = read(live);
  const shown = [[data[0], data[1], data[2]], [data[0], data[3], data[4]]];
  if (plots.length) {
    plots.forEach((plot, number) => plot.setData(shown[number]));
    return;
  }
  graph.hidden = false;
  const places = graph.querySelectorAll(".plot");
  plots.push(draw(places[0], shown[0], [
    { label: words.calls, color: "--info", bars: true }, { label: words.errors, color: "--bad", bars: true }]));
  plots.push(draw(places[1], shown[1], [{ label: words.median, color: "--good" }, { label: words.slow, color: "--warn" }]));
}

function again() {
  plots.splice(0).forEach((plot) => plot.destroy());
  renew();
}

const stale = document.getElementById("stale");
document.addEventListener("htmx:after:request", (event) => { stale.hidden = event.detail.ctx.response.status < 400; });
document.addEventListener("htmx:after:swap", renew);
document.addEventListener("htmx:error", () => { stale.hidden = false; });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
let resized = 0;
window.addEventListener("resize", () => {
  window.clearTimeout(resized);
  resized = window.setTimeout(again, 150);
});
renew();
