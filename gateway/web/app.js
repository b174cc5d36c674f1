// Builds the page and keeps it running.
import { serviceStatus } from './api.js';
import { hideArticles, retryArticles, showArticles, startArticles } from './articles.js';
import { hideArticle, showArticle, startArticlePage } from './article_page.js';
import { readBooksOnce, refreshBooks, startBooks } from './books.js';
import { addPending, addRate, showSession, startCharts } from './chart_panel.js';
import { byId, setAttribute, setText } from './dom.js';
import { EventStream } from './event_stream.js';
import { health, warnings } from './health.js';
import { language, onLanguage, switchLanguage, t, translatePage } from './i18n.js';
import { refreshStreams, resting, setPaused, watch, watchVisibility } from './live.js';
import { RateMeter } from './rate.js';
import { refreshRuns, startRuns } from './runs.js';
import { gatewayAway, state, subscribe, update } from './store.js';
import { startSyncNow } from './sync_now.js';
import { renderSync, renderTiles } from './sync_panel.js';

const POLL_MS = 10_000;
const POLL_WHEN_AWAY_MS = 2000;
const BACK_AGAIN_MS = 4000;
// What the line of the connection says already.
const SAID_ABOVE = new Set(['health_gateway_away', 'health_sync_away', 'health_articles_away']);
const ICONS = { ok: '✓', warn: '!', bad: '✕', unknown: '…' };

const meter = new RateMeter();
let wasAway = false;
let backUntil = 0;
let spoken = '';
let articleShown = 0;
let nextPoll = 0;

function renderHealth() {
  const [level, key, params] = health(state);
  const text = t(key, params);
  setAttribute(byId('health'), 'data-level', level);
  setText(byId('health-icon'), ICONS[level]);
  setText(byId('health-sentence'), text);
  const n = warnings(state);
  byId('health-note').hidden = n === 0 || level !== 'ok';
  setText(byId('health-note'), t('health_setting_warning', { n }));
  // Read out when the matter changes, not with every tick of the countdown.
  const matter = `${language()} ${level === 'ok' ? level : key}`;
  if (matter === spoken || level === 'unknown' || SAID_ABOVE.has(key)) return;
  spoken = matter;
  setText(byId('health-spoken'), text);
}

// [text, level]
function connectionText(away) {
  if (away) return [t('gone'), 'bad'];
  if (state.syncAway) return [t('unavailable_sync', { message: state.syncAway }), 'warn'];
  if (state.articlesAway) return [t('unavailable_articles', { message: state.articlesAway }), 'warn'];
  return Date.now() < backUntil ? [t('back_again'), 'ok'] : ['', ''];
}

function renderConnection() {
  const away = gatewayAway(state);
  if (wasAway && !away && !state.paused) serverIsBack();
  if (!state.paused) wasAway = away;
  const [text, level] = state.paused ? ['', ''] : connectionText(away);
  setAttribute(byId('connection'), 'data-level', level || null);
  setText(byId('connection'), text);
}

function serverIsBack() {
  backUntil = Date.now() + BACK_AGAIN_MS;
  loseRate();
  refreshRuns();
}

function render() {
  renderConnection();
  renderHealth();
  renderTiles(state);
  renderSync(state);
}

function noteRate(rate) {
  if (rate === undefined) return;
  addRate(Date.now(), rate);
  state.rate = rate;
}

// A gap in the news of the syncer.
function loseRate() {
  meter.forget();
  noteRate(null);
}

function onStatus(sync) {
  const first = state.sync === null;
  const before = state.sync?.last_run;
  noteRate(meter.next(sync, Date.now()));
  update({ sync, syncSeenAt: Date.now(), syncAway: '' });
  if (first || before?.id !== sync.last_run?.id) refreshRuns();
  if (first) readBooksOnce(sync);
  if (!first && before?.id !== sync.last_run?.id && sync.last_run.dead_letters > 0) refreshBooks();
}

function watchSync() {
  const onAway = ({ message }) => {
    loseRate();
    update({ syncAway: message });
  };
  const events = { status: onStatus, unavailable: onAway };
  watch('sync', (onState) => new EventStream(() => '/api/sync/events', events, onState));
}

// A connection that died without a word looks open to EventSource, so the poll tells too whether anybody is there.
async function poll() {
  const unreachable = !state.answered;
  try {
    update({ service: await serviceStatus(), answered: true, articlesAway: '' });
    retryArticles();
  } catch (error) {
    // Only a server's own trouble says that the service behind it is away; a refusal for overload, say, does not.
    const away = error.status >= 500 ? error.message : state.articlesAway;
    update({ answered: error.status !== 0, articlesAway: away });
  }
  if (unreachable && state.answered) refreshStreams();
}

function tick() {
  const now = Date.now();
  if (resting()) return loseRate();
  const hurried = gatewayAway(state) || state.articlesAway;
  if (now >= nextPoll || (hurried && now >= nextPoll - POLL_MS + POLL_WHEN_AWAY_MS)) {
    nextPoll = now + POLL_MS;
    poll();
  }
  const known = state.sync && !gatewayAway(state) && !state.syncAway;
  addPending(now, known ? state.sync.pending_articles : null);
  if (known) noteRate(meter.quiet(now));
  else loseRate();
  if (!byId('overview').hidden) showSession();
  render();
}

function leaveArticle() {
  hideArticle();
  document.title = 'readcount';
}

function showOverview(author) {
  const from = articleShown;
  articleShown = 0;
  leaveArticle();
  showArticles(author);
  if (from) (byId(`article-${from}`) ?? byId('main')).focus();
}

function route() {
  const [, kind, rest = ''] = location.hash.split('/');
  const id = kind === 'article' && /^[1-9]\d{0,19}$/.test(rest) ? rest : '';
  setAttribute(byId('main'), 'data-view', id ? 'article' : 'overview');
  byId('overview').hidden = id !== '';
  byId('article-page').hidden = id === '';
  setAttribute(byId('nav-overview'), 'aria-current', id ? null : 'page');
  if (!id) return showOverview(kind === 'author' ? decoded(rest) : '');
  articleShown = id;
  hideArticles();
  showArticle(id);
  byId('article-title').focus();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function renderTools() {
  setText(byId('language'), language() === 'zh' ? 'English' : '中文');
  byId('language').lang = language() === 'zh' ? 'en' : 'zh';
  setAttribute(byId('pause'), 'aria-pressed', state.paused);
}

function startTools() {
  byId('language').addEventListener('click', switchLanguage);
  byId('pause').addEventListener('click', () => {
    loseRate();
    setPaused(!state.paused);
    renderTools();
  });
  // The hash is the page's address, so the skip link must not set it.
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault();
    byId('main').focus();
  });
  onLanguage(() => {
    renderTools();
    render();
  });
}

translatePage();
startTools();
renderTools();
startCharts();
startArticles();
startArticlePage();
startBooks();
startRuns();
startSyncNow(refreshBooks);
subscribe(render);
watchVisibility();
watchSync();
addEventListener('hashchange', route);
route();
setInterval(tick, 1000);
tick();
