// What the syncer does, what may be lost, and how the article service does.
import { byId, element, setAttribute, setFacts, setText } from './dom.js';
import { ago, bytes, clock, DASH, dateTime, duration, moved, movedNothing, number, perSecond, wholeSeconds }
  from './format.js';
import { lagSeconds, secondsToNext, working } from './health.js';
import { serverNow } from './api.js';
import { known, t } from './i18n.js';
import { gatewayAway } from './store.js';

const since = (time) => ago((serverNow() - Date.parse(time)) / 1000);

export function renderTiles(state) {
  const { sync, books } = state;
  const away = gatewayAway(state) || state.syncAway !== '';
  const next = away ? null : secondsToNext(sync);
  const lag = lagSeconds(state);
  setText(byId('tile-rate'), perSecond(state.rate));
  setText(byId('tile-pending'), number(sync?.pending_articles));
  setText(byId('tile-lag'), lag === null ? DASH : wholeSeconds(lag));
  setText(byId('tile-next'), next === null ? DASH : next > 0 ? wholeSeconds(Math.ceil(next)) : t('now'));
  setText(byId('tile-next-hint'), away ? '' : nextHint(sync));
  setText(byId('tile-dead'), number(books?.dead_letters));
}

function nextHint(sync) {
  if (!sync) return '';
  return sync.next_run_at ? t('tile_next_at', { time: clock(sync.next_run_at) }) : t('tile_next_off');
}

function phaseOf({ sync, syncAway }) {
  if (syncAway) return [t('phase_away'), 'bad'];
  if (!sync) return [DASH, ''];
  const level = sync.phase === 'backing_off' ? 'bad' : working(sync) ? 'work' : '';
  return [t(known(`phase_${sync.phase}`, 'phase_idle')), level];
}

// [state, percent or null while it cannot be told, text]
function progressOf({ sync, asked }) {
  if (working(sync)) return progressUnderWay(sync);
  if (asked) return ['working', null, t('progress_starting')];
  const run = sync?.last_run;
  if (!run) return ['none', 0, t('progress_none')];
  const told = { ago: since(run.finished_at), duration: duration(run.duration_seconds), moved: moved(run) };
  if (run.outcome !== 'succeeded') {
    return ['failed', 100, t('progress_failed', { ...told, error: run.error || t('error_in_log') })];
  }
  return ['done', 100, t(movedNothing(run) ? 'progress_nothing' : 'progress_done', told)];
}

function progressUnderWay(sync) {
  if (sync.articles_total === 0) return ['working', null, t(`phase_${sync.phase}`)];
  const percent = sync.phase === 'releasing' ? 100 : Math.floor((100 * sync.articles_done) / sync.articles_total);
  return ['working', percent, t('progress_articles', { done: sync.articles_done, total: sync.articles_total,
    views_done: sync.views_done, views_total: sync.views_total })];
}

function renderProgress(state) {
  const [name, percent, text] = progressOf(state);
  const bar = byId('progress');
  setAttribute(bar, 'data-state', name);
  setAttribute(bar, 'aria-valuenow', percent);
  setAttribute(bar, 'aria-valuetext', text);
  byId('progress-fill').style.width = `${percent ?? 5}%`;
  setText(byId('progress-text'), text);
}

function syncFacts(sync) {
  const run = sync?.last_run;
  const rows = [
    [t('fact_last_run'), run ? dateTime(run.finished_at) : DASH],
    [t('fact_outcome'), run ? t(known(`outcome_${run.outcome}`, 'outcome_failed')) : DASH,
      run?.outcome === 'failed' ? 'bad' : ''],
    [t('fact_dead'), number(run?.dead_letters)],
  ];
  if (sync?.consecutive_failures) rows.push([t('fact_failures'), number(sync.consecutive_failures), 'bad']);
  if (sync?.last_error) rows.push([t('fact_last_error'), sync.last_error, 'bad']);
  return rows;
}

function serviceFacts(service) {
  if (!service) return [[t('service_mode'), t('mode_unknown')]];
  const mode = t(known(`mode_${service.mode}`, 'mode_unknown'));
  const spool = service.spool_max_bytes
    ? t('of', { part: bytes(service.spool_bytes), whole: bytes(service.spool_max_bytes) }) : t('no_spool');
  return [
    [t('service_mode'), mode, service.mode === 'normal' ? '' : 'bad'],
    [t('service_held'), number(service.held_views)],
    [t('service_spool'), spool],
    [t('service_journal'), t('of', { part: service.journal_entries, whole: service.journal_max_entries })],
    [t('service_lives'), t('times', { n: service.life_changes })],
    [t('service_replayed'), number(service.replayed_views)],
  ];
}

// Both services look at the same servers, so what both found is told once; the article service's sentence knows better
// what it would record again.
function durabilityOf({ sync, service }) {
  const parts = [service, sync].map((part) => part?.durability).filter(Boolean);
  const findings = new Map(parts.flatMap((part) => part.findings).map((finding) => [finding.text, finding]));
  return { level: parts.find((part) => part.level)?.level ?? '', findings: [...findings.values()] };
}

const finding = ({ severity, text }) =>
  element('li', { className: 'finding', dataset: { severity } },
    element('strong', {}, t(known(`severity_${severity}`, 'severity_notice'))),
    element('span', { lang: 'en' }, text));

// The service speaks English, without a capital or a full stop.
const asSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

function renderDurability(state) {
  const { level, findings } = durabilityOf(state);
  const box = byId('durability');
  const told = JSON.stringify([t('durability'), level, findings]);
  if (box.dataset.told === told) return;
  box.dataset.told = told;
  if (!level) return box.replaceChildren(element('p', {}, t('durability_unknown')));
  const rest = findings.length ? element('ul', {}, ...findings.map(finding))
    : element('p', { className: 'muted' }, t('durability_fine'));
  box.replaceChildren(element('p', { lang: 'en' }, asSentence(level)), rest);
}

// One while the services are of one version.
function versionsOf({ sync, service }) {
  const versions = new Set([sync, service].map((part) => part?.version).filter(Boolean));
  return versions.size ? `readcount ${[...versions].join(', ')}` : '';
}

export function renderSync(state) {
  const [phase, level] = phaseOf(state);
  setText(byId('phase'), phase);
  setAttribute(byId('phase'), 'data-level', level || null);
  renderProgress(state);
  setFacts(byId('sync-facts'), syncFacts(state.sync));
  setFacts(byId('service-facts'), serviceFacts(state.service));
  renderDurability(state);
  const { life, epoch } = state.sync ?? {};
  setText(byId('foot-life'), life ? t('life', { life, epoch }) : '');
  setText(byId('foot-version'), versionsOf(state));
}
