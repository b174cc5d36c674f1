// The four charts and what they say in words.
import { barChart, lineChart, onScheme, showBars, showLine } from './charts.js';
import { byId, setText } from './dom.js';
import { clock, duration, number, perSecond } from './format.js';
import { onLanguage, t } from './i18n.js';

const LONGEST_SESSION_MS = 15 * 60 * 1000;

const session = { rate: [], pending: [] };
let runs = [];
let charts = {};

function build() {
  Object.values(charts).forEach((chart) => chart.destroy());
  charts = {
    rate: lineChart(byId('chart-rate'), t('tile_rate'), 'after'),
    pending: lineChart(byId('chart-pending'), t('tile_pending'), false),
    moved: barChart(byId('chart-moved'), [t('articles'), t('col_views')]),
    duration: barChart(byId('chart-duration'), [`${t('col_duration')} (${t('axis_ms')})`]),
  };
  showSession();
  showRunCharts();
}

function push(points, at, y) {
  points.push({ x: at, y });
  while (points[0].x < at - LONGEST_SESSION_MS) points.shift();
}

const endsInGap = (points) => points.length > 0 && Number.isNaN(points.at(-1).y);

// null makes a gap.
export function addPending(at, value) {
  push(session.pending, at, value ?? Number.NaN);
}

// A rate holds since the look before it; null is a look without a rate, from which the next one counts.
export function addRate(at, value) {
  const points = session.rate;
  if (value === null) {
    if (endsInGap(points)) points.pop();
    return push(points, at, Number.NaN);
  }
  if (endsInGap(points)) push(points, points.at(-1).x, value);
  push(points, at, value);
}

function lineText(points, write) {
  const told = points.filter((point) => !Number.isNaN(point.y));
  if (!told.length) return '';
  const values = told.map((point) => point.y);
  return t('chart_line_text', {
    now: write(values.at(-1)),
    highest: write(Math.max(...values)),
    lowest: write(Math.min(...values)),
    since: clock(told[0].x),
  });
}

export function showSession() {
  showLine(charts.rate, session.rate);
  showLine(charts.pending, session.pending);
  setText(byId('chart-rate-text'), lineText(session.rate, perSecond) || t('chart_no_rate'));
  setText(byId('chart-pending-text'), lineText(session.pending, number));
}

const sum = (field) => runs.reduce((total, run) => total + run[field], 0);

function runTexts() {
  if (!runs.length) return [t('chart_no_runs'), t('chart_no_runs')];
  const seconds = runs.map((run) => run.duration_seconds);
  const moved = { articles: t('n_articles', { n: sum('articles') }), views: t('n_views', { n: sum('views') }) };
  return [
    t('chart_moved_text', { n: runs.length, ...moved }),
    t('chart_duration_text', { newest: duration(seconds.at(-1)), longest: duration(Math.max(...seconds)),
      shortest: duration(Math.min(...seconds)) }),
  ];
}

function showRunCharts() {
  const names = runs.map((run) => `#${run.id}`);
  showBars(charts.moved, names, [runs.map((run) => run.articles), runs.map((run) => run.views)]);
  showBars(charts.duration, names, [runs.map((run) => run.duration_seconds * 1000)]);
  const [moved, took] = runTexts();
  setText(byId('chart-moved-text'), moved);
  setText(byId('chart-duration-text'), took);
}

// `newestFirst` as the API gives them; charts read from left to right.
export function showRuns(newestFirst) {
  runs = [...newestFirst].reverse();
  showRunCharts();
}

export function startCharts() {
  build();
  onScheme(build);
  onLanguage(build);
}
