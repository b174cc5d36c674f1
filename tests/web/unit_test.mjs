// The parts of the dashboard that need no browser.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../gateway/web', import.meta.url));

// Outside a browser, .js files are modules only beside a package.json that says so.
const folder = mkdtempSync(join(tmpdir(), 'readcount-web-'));
for (const name of readdirSync(source).filter((file) => file.endsWith('.js'))) {
  cpSync(join(source, name), join(folder, name));
}
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
after(() => rmSync(folder, { recursive: true }));

const load = (name) => import(join(folder, name));
const { health, lagSeconds, secondsToNext, warnings } = await load('health.js');
const { RateMeter } = await load('rate.js');
const { retryDelay } = await load('event_stream.js');
const { pickLanguage } = await load('locale.js');
const { sentence } = await load('books.js');
const { default: en } = await load('messages_en.js');
const { default: zh } = await load('messages_zh.js');

const none = { level: 'nothing is lost', findings: [] };
const state = (change = {}, sync = {}, service = {}) => ({
  paused: false, lost: new Set(), answered: true, syncAway: '', articlesAway: '', books: null, syncSeenAt: 0,
  sync: { phase: 'idle', pending_articles: 0, consecutive_failures: 0, next_run_at: null, durability: none, ...sync },
  service: { mode: 'normal', held_views: 0, durability: none, ...service },
  ...change,
});
const levelAndKey = (of) => health(of).slice(0, 2);

describe('health', () => {
  test('is well when nothing is wrong', () => {
    assert.deepEqual(levelAndKey(state()), ['ok', 'health_settled']);
    assert.deepEqual(levelAndKey(state({}, { pending_articles: 3 })), ['ok', 'health_waiting_no_timer']);
    const next_run_at = new Date(Date.now() + 60_000).toISOString();
    assert.deepEqual(levelAndKey(state({}, { pending_articles: 3, next_run_at })), ['ok', 'health_waiting']);
    assert.deepEqual(levelAndKey(state({}, { phase: 'applying', articles_total: 5 })), ['ok', 'health_running']);
  });

  test('tells a sync that is due from one that does not come', () => {
    const since = (seconds) => ({
      pending_articles: 3, next_run_at: new Date(Date.now() - seconds * 1000).toISOString(),
    });
    assert.deepEqual(levelAndKey(state({}, since(2))), ['ok', 'health_due']);
    assert.deepEqual(levelAndKey(state({}, since(90))), ['warn', 'health_overdue']);
    const working = { ...since(90), phase: 'applying', articles_total: 1 };
    assert.deepEqual(levelAndKey(state({}, working)), ['ok', 'health_running']);
  });

  test('says nothing before both services have answered', () => {
    assert.deepEqual(levelAndKey(state({ sync: null })), ['unknown', 'health_loading']);
    assert.deepEqual(levelAndKey(state({ service: null })), ['unknown', 'health_loading']);
  });

  test('tells the worst first', () => {
    const failing = { consecutive_failures: 2 };
    const refusing = { mode: 'redis_away_views_refused' };
    assert.deepEqual(levelAndKey(state({}, failing)), ['warn', 'health_failing']);
    assert.deepEqual(levelAndKey(state({ books: { difference: -1 } }, failing)), ['bad', 'health_books']);
    assert.deepEqual(levelAndKey(state({ syncAway: 'refused' }, failing)), ['bad', 'health_sync_away']);
    assert.deepEqual(levelAndKey(state({ syncAway: 'refused' }, {}, refusing)), ['bad', 'health_refused']);
    assert.deepEqual(levelAndKey(state({ lost: new Set(['sync']) }, {}, refusing)), ['bad', 'health_gateway_away']);
    assert.deepEqual(levelAndKey(state({ answered: false })), ['bad', 'health_gateway_away']);
  });

  test('counts a setting that both services found once', () => {
    const durability = { level: '', findings: [{ severity: 'warning', text: 'a' }, { severity: 'notice', text: 'b' }] };
    assert.equal(warnings(state({}, { durability }, { durability })), 1);
  });

  test('stays well beside a warning, but not beside an error', () => {
    const found = (severity) => ({ durability: { level: '', findings: [{ severity, text: 'a' }] } });
    assert.deepEqual(levelAndKey(state({}, found('warning'))), ['ok', 'health_settled']);
    assert.deepEqual(health(state({}, found('error'))), ['bad', 'health_setting_error', { n: 1 }]);
  });

  test('lets the lag grow until news come, but not from nothing', () => {
    assert.equal(lagSeconds(state({ syncSeenAt: 1000 }, { lag_seconds: 2 }), 4000), 5);
    assert.equal(lagSeconds(state({ syncSeenAt: 1000 }, { lag_seconds: 0 }), 4000), 0);
    assert.equal(lagSeconds({ sync: null }, 4000), null);
  });

  test('counts down to the next run and stops at it', () => {
    const sync = { next_run_at: '2026-01-01T00:00:10Z' };
    assert.equal(secondsToNext(sync, Date.parse('2026-01-01T00:00:03Z')), 7);
    assert.equal(secondsToNext(sync, Date.parse('2026-01-01T00:01:00Z')), 0);
    assert.equal(secondsToNext({ next_run_at: null }), null);
  });
});

describe('rate', () => {
  const look = (views_recorded, life = 'a') => ({ views_recorded, life });

  test('is the difference over the time between two looks', () => {
    const meter = new RateMeter();
    assert.equal(meter.next(look(100), 0), null);
    assert.equal(meter.next(look(107), 700), null, 'when the look before 0 was is not known');
    assert.equal(meter.next(look(117), 1700), 10);
    assert.equal(meter.next(look(128), 2800), 10);
  });

  test('is not told by a status that brings no new look', () => {
    const meter = new RateMeter();
    meter.next(look(100), 0);
    meter.next(look(110), 1000);
    assert.equal(meter.next(look(110), 1400), undefined);
    assert.equal(meter.next(look(130), 2000), 20);
  });

  test('is nothing when no news come, and what came after that came within one look', () => {
    const meter = new RateMeter();
    assert.equal(meter.quiet(0), undefined);
    meter.next(look(100), 0);
    assert.equal(meter.quiet(1000), undefined);
    assert.equal(meter.quiet(3000), 0);
    assert.equal(meter.next(look(104), 9000), 4);
  });

  test('is unknown without a total, with a new life, and after a gap', () => {
    const meter = new RateMeter();
    assert.equal(meter.next({ life: 'a' }, 0), null);
    assert.equal(meter.next(look(0, ''), 0), null);
    meter.next(look(100), 1000);
    assert.equal(meter.next(look(110, 'b'), 2000), null);
    assert.equal(meter.next(look(50, 'b'), 4000), null);
    meter.forget();
    assert.equal(meter.next(look(60, 'b'), 6000), null);
  });
});

describe('retry', () => {
  test('waits longer with every failure, up to half a minute', () => {
    assert.equal(retryDelay(0, () => 1), 1000);
    assert.equal(retryDelay(3, () => 1), 8000);
    assert.equal(retryDelay(3, () => 0), 4000);
    assert.equal(retryDelay(50, () => 1), 30_000);
  });
});

describe('language', () => {
  test('is the reader’s choice, else the first known of the browser, else English', () => {
    assert.equal(pickLanguage('', ['fr-FR', 'zh-TW', 'en']), 'zh');
    assert.equal(pickLanguage('en', ['zh-CN']), 'en');
    assert.equal(pickLanguage('xx', ['fr']), 'en');
  });

  test('has every message with the same holes in both languages', () => {
    const texts = (message) => (typeof message === 'string' ? [message] : Object.values(message));
    const holes = (message) => [...new Set(texts(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
    assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
    // “the last sync” needs no number in English.
    const optional = (list) => list.filter((hole) => hole !== '{n}');
    for (const key of Object.keys(en)) assert.deepEqual(optional(holes(zh[key])), optional(holes(en[key])), key);
  });
});

describe('books', () => {
  test('read as a sentence that adds up, without what is zero on the left', () => {
    const books = { recorded: 120, added_by_others: 3, taken_by_others: 0, applied: 118, sealed: 0, live: 5,
      dead_lettered: 0, difference: 0 };
    assert.equal(sentence(books), '120 recorded + 3 added by others = 118 in MySQL + 0 in the batch under way'
      + ' + 5 in Redis + 0 dead letters');
  });
});
