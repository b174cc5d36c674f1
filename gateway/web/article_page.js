// One article: opening it counts a view, and its count is followed.
import { viewArticle } from './api.js';
import { showCount } from './counts.js';
import { byId, setMessage, setText } from './dom.js';
import { EventStream } from './event_stream.js';
import { dateTime } from './format.js';
import { onLanguage, t } from './i18n.js';
import { unwatch, watch } from './live.js';
import { update } from './store.js';

let shownId = null;
let article = null;

function meta({ author, created_at: created, updated_at: updated }) {
  const parts = [t('by', { author })];
  if (created) parts.push(t('article_created', { time: dateTime(created) }));
  if (updated) parts.push(t('article_updated', { time: dateTime(updated) }));
  return parts.join(' · ');
}

// Hides everything but the message while there is no article.
function render() {
  const there = article !== null;
  byId('article-count-row').hidden = !there;
  byId('article-hint').hidden = !there;
  setText(byId('article-title'), there ? article.title || t('untitled') : `#${shownId ?? ''}`);
  setText(byId('article-meta'), there ? meta(article) : '');
  setText(byId('article-content'), there ? article.content : '');
  if (!there) return;
  document.title = `${article.title} – readcount`;
  renderCount(article);
  setMessage(byId('article-message'), article.content_stale ? t('article_text_stale') : '', 'warn');
}

function renderCount(event) {
  showCount(byId('article-count'), event);
  setText(byId('article-count-label'), t('views', { n: event.read_count }));
}

function onCount(event) {
  update({ articlesAway: '' });
  Object.assign(article, { read_count_stale: false }, event);
  renderCount(article);
}

function follow(id) {
  const events = {
    count: onCount,
    gone: () => setMessage(byId('article-message'), t('article_gone'), 'warn'),
    unavailable: ({ message }) => update({ articlesAway: message }),
  };
  watch('articles', (onState) => new EventStream(() => `/api/article/${id}/events`, events, onState));
}

async function load(id) {
  byId('article-retry-row').hidden = true;
  setMessage(byId('article-message'), t('article_loading'));
  try {
    const answer = await viewArticle(id);
    if (shownId !== id) return;
    article = answer;
    render();
    follow(id);
  } catch (error) {
    if (shownId !== id) return;
    setMessage(byId('article-message'), t('error_load', { message: error.message }), 'bad');
    // By a press only: the view that failed may have been counted, and trying again by itself would count more.
    byId('article-retry-row').hidden = error.status === 404;
  }
}

export async function showArticle(id) {
  unwatch('articles');
  shownId = id;
  article = null;
  delete byId('article-count').dataset.count;
  render();
  await load(id);
}

export function hideArticle() {
  if (shownId === null) return;
  shownId = null;
  article = null;
  unwatch('articles');
}

export function startArticlePage() {
  byId('article-retry').addEventListener('click', () => load(shownId));
  onLanguage(render);
}
