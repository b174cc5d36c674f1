// How all is, in one sentence: the worst that is known comes first.
import { serverNow } from './api.js';
import { wholeSeconds } from './format.js';
import { gatewayAway } from './store.js';

// A timer that is late by more than this has stopped.
const LONGEST_DELAY_S = 60;

const MODES = {
  redis_away_views_refused: ['bad', 'health_refused'],
  redis_away_views_held: ['warn', 'health_held'],
  mysql_away: ['warn', 'health_mysql_away'],
};

export const working = (sync) => ['recovering', 'sealing', 'applying', 'releasing'].includes(sync?.phase);

// Seconds until the timer's next run; null when the timer is off.
export function secondsToNext(sync, now = serverNow()) {
  if (!sync?.next_run_at) return null;
  return Math.max(0, (Date.parse(sync.next_run_at) - now) / 1000);
}

// How long the timer's next run has been due.
function overdueSeconds(sync, now = serverNow()) {
  return sync.next_run_at && !working(sync) ? (now - Date.parse(sync.next_run_at)) / 1000 : 0;
}

// MySQL falls further behind while no news comes; 0 stays 0, for then nothing is pending.
export function lagSeconds({ sync, syncSeenAt }, now = Date.now()) {
  if (!sync?.lag_seconds) return sync ? 0 : null;
  return sync.lag_seconds + (now - syncSeenAt) / 1000;
}

function away(state) {
  if (gatewayAway(state)) return ['bad', 'health_gateway_away'];
  if (state.articlesAway) return ['bad', 'health_articles_away'];
  if (state.service?.mode === 'redis_away_views_refused') return MODES.redis_away_views_refused;
  if (state.syncAway) return ['bad', 'health_sync_away'];
  return null;
}

function findings({ sync, service }, severity) {
  const texts = [sync, service].flatMap((part) => part?.durability?.findings ?? []);
  return new Set(texts.filter((finding) => finding.severity === severity).map((finding) => finding.text)).size;
}

function weakened(state) {
  const { sync, service, books } = state;
  if (books && books.difference !== 0) return ['bad', 'health_books', { n: Math.abs(books.difference) }];
  if (MODES[service.mode]) return [...MODES[service.mode], { n: service.held_views }];
  if (sync.consecutive_failures > 0) return ['warn', 'health_failing', { n: sync.consecutive_failures }];
  const overdue = overdueSeconds(sync);
  if (overdue > LONGEST_DELAY_S) return ['warn', 'health_overdue', { time: wholeSeconds(overdue) }];
  const n = findings(state, 'error');
  return n > 0 ? ['bad', 'health_setting_error', { n }] : null;
}

// Settings that lose nothing today but may in a crash: told beside the sentence, for all may be well all the same.
export const warnings = (state) => findings(state, 'warning');

function well(sync) {
  if (working(sync)) {
    return sync.articles_total > 0 ? ['ok', 'health_running', { n: sync.articles_total }] : ['ok', 'health_starting'];
  }
  const next = secondsToNext(sync);
  const n = sync.pending_articles;
  if (next === 0 && n > 0) return ['ok', 'health_due', { n }];
  if (next === null) return n > 0 ? ['ok', 'health_waiting_no_timer', { n }] : ['ok', 'health_settled'];
  return ['ok', n > 0 ? 'health_waiting' : 'health_settled_next', { n, time: wholeSeconds(Math.ceil(next)) }];
}

// [level, message key, its parameters]; the level is unknown, ok, warn or bad.
export function health(state) {
  if (state.paused) return ['unknown', 'health_paused'];
  const bad = away(state);
  if (bad) return bad;
  if (!state.sync || !state.service) return ['unknown', 'health_loading'];
  return weakened(state) ?? well(state.sync);
}
