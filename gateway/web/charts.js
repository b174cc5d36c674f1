// The charts' looks, over Chart.js.
import { number, shortClock, wholeSeconds } from './format.js';
import { t } from './i18n.js';

const { Chart } = globalThis;

const SHORTEST_AXIS_MS = 60_000;

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const axis = (more = {}) => ({
  beginAtZero: true,
  grid: { color: colour('chart-grid'), borderColor: colour('chart-grid'), drawTicks: false },
  ...more,
  ticks: { color: colour('muted'), padding: 6, maxTicksLimit: 5, maxRotation: 0, ...more.ticks },
});

// Four times from the first to the newest, by how long ago they are: those labels stand still while the chart moves.
function fourTimes(scale) {
  scale.ticks = [0, 1, 2, 3].map((part) => ({ value: scale.min + ((scale.max - scale.min) * part) / 3 }));
}

function timeLabel(at, place, ticks) {
  const seconds = (ticks.at(-1).value - at) / 1000;
  return seconds < 1 ? t('now') : `−${wholeSeconds(seconds)}`;
}

const timeAxis = () => axis({
  type: 'linear',
  beginAtZero: false,
  afterBuildTicks: fourTimes,
  ticks: { callback: timeLabel, align: 'inner', autoSkip: false },
});
const countAxis = () => axis({ suggestedMax: 4, ticks: { callback: (value) => number(value, 1) } });

// Numbers are told beside the canvas, and animation would never come to rest under live data.
const common = (scales, legend) => ({
  animation: false,
  maintainAspectRatio: false,
  interaction: { mode: 'index', intersect: false },
  scales,
  plugins: {
    legend: { display: legend, labels: { color: colour('ink'), boxWidth: 12, boxHeight: 12 } },
    tooltip: { callbacks: { label: ({ dataset, parsed }) => `${dataset.label}: ${number(parsed.y, 1)}` } },
  },
});

export function lineChart(canvas, label, stepped) {
  const options = common({ x: timeAxis(), y: countAxis() }, false);
  options.parsing = false;
  options.plugins.tooltip.callbacks.title = ([{ parsed }]) => shortClock(parsed.x);
  const line = colour('chart-1');
  return new Chart(canvas, {
    type: 'line',
    options,
    data: { datasets: [{ label, data: [], stepped, borderColor: line, backgroundColor: `${line}26`, borderWidth: 2,
      pointRadius: 0, pointHitRadius: 8, fill: true, spanGaps: false }] },
  });
}

export function barChart(canvas, labels) {
  const options = common({ x: axis({ grid: { display: false } }), y: countAxis() }, labels.length > 1);
  const fill = (place) => colour(`chart-${place + 1}`);
  return new Chart(canvas, {
    type: 'bar',
    options,
    data: { labels: [], datasets: labels.map((label, place) => ({ label, data: [], backgroundColor: fill(place),
      borderRadius: 3, maxBarThickness: 28 })) },
  });
}

// Gives a chart its newest data. One point alone makes no line, so it is drawn as a dot.
export function showLine(chart, points) {
  const [set] = chart.data.datasets;
  const max = points.at(-1)?.x ?? Date.now();
  Object.assign(chart.options.scales.x, { min: Math.min(points[0]?.x ?? max, max - SHORTEST_AXIS_MS), max });
  set.data = points;
  set.pointRadius = points.length < 2 ? 3 : 0;
  chart.update('none');
}

export function showBars(chart, names, rows) {
  chart.data.labels = names;
  rows.forEach((row, place) => { chart.data.datasets[place].data = row; });
  chart.update('none');
}

export const onScheme = (listener) =>
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener);
