// The list of articles: pages, the filter by author, and one stream for the counts on the page.
import { listArticles } from './api.js';
import { showCount } from './counts.js';
import { byId, element, onPress, setMessage, setText, setUsable } from './dom.js';
import { EventStream } from './event_stream.js';
import { onLanguage, t } from './i18n.js';
import { unwatch, watch } from './live.js';
import { update } from './store.js';

const PAGE_SIZE = 15;

let author = null;  // of the list at hand; empty: everyone's
let tokens = [''];  // of the pages up to the present one
let page = { articles: [], next_page_token: '' };
let shown = false;
let asked = 0;
let failed = null;  // the way to the page that could not be read

const countOf = (id) => byId(`count-${id}`);
const authorPath = (name) => `#/author/${encodeURIComponent(name)}`;

function titleCell({ id, title, author: by }) {
  const link = element('a', { href: `#/article/${id}`, id: `article-${id}` }, title || t('untitled'));
  const under = element('span', { className: 'under narrow-only' }, t('by', { author: by }));
  return element('th', { scope: 'row' }, link, under);
}

function row(article) {
  const count = element('span', { className: 'count', id: `count-${article.id}` });
  showCount(count, article);
  return element('tr', { dataset: { id: article.id } },
    titleCell(article),
    element('td', { className: 'wide-only' }, element('a', { href: authorPath(article.author) }, article.author)),
    element('td', { className: 'number' }, count));
}

function render() {
  byId('articles-body').replaceChildren(...page.articles.map(row));
  setUsable(byId('articles-previous'), tokens.length > 1);
  setUsable(byId('articles-next'), page.next_page_token !== '');
  setText(byId('articles-page'), t('page', { n: tokens.length }));
  const names = new Set([...byId('authors').children].map((option) => option.value));
  page.articles.forEach((article) => names.add(article.author));
  byId('authors').replaceChildren(...[...names].map((value) => element('option', { value })));
  const none = author ? t('articles_none_by', { author }) : t('articles_none');
  setMessage(byId('articles-message'), page.articles.length ? '' : none);
}

function onCount(event) {
  update({ articlesAway: '' });
  const known = page.articles.find((article) => article.id === event.id);
  if (known) Object.assign(known, { read_count_stale: false }, event);
  const node = countOf(event.id);
  if (node) showCount(node, event);
}

function onGone({ id }) {
  const node = countOf(id);
  if (!node) return;
  node.closest('tr').className = 'row-gone';
  setText(node, t('deleted'));
}

function follow() {
  if (!shown || !page.articles.length) return unwatch('articles');
  const url = () => `/api/articles/events?ids=${page.articles.map((article) => article.id).join(',')}`;
  const events = { count: onCount, gone: onGone, unavailable: ({ message }) => update({ articlesAway: message }) };
  // The server refuses ids that are no articles any more, so the page is read again before the next attempt.
  watch('articles', (onState) => new EventStream(url, events, onState, read));
}

async function read(way = tokens) {
  const ticket = ++asked;
  const answer = await listArticles({ page_size: PAGE_SIZE, page_token: way.at(-1), author });
  if (ticket !== asked) return;
  tokens = way;
  page = answer;
  failed = null;
  render();
}

// Goes to the page at the end of `way`.
async function load(way = tokens) {
  try {
    await read(way);
    follow();
  } catch (error) {
    failed = way;
    setMessage(byId('articles-message'), t('error_load', { message: error.message }), 'bad');
  }
}

// Shows the list, of one author only if `by` is not empty.
export function showArticles(by) {
  shown = true;
  byId('author').value = by;
  byId('author-clear').hidden = !by;
  if (by === author && page.articles.length) return follow();
  author = by;
  load(['']);
}

export function hideArticles() {
  shown = false;
  unwatch('articles');
}

// Reads the page again if it could not be read when it was asked for.
export function retryArticles() {
  if (shown && failed) load(failed);
}

export function startArticles() {
  byId('author-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = byId('author').value.trim();
    location.hash = name ? authorPath(name) : '#/';
  });
  onPress(byId('articles-next'), () => load([...tokens, page.next_page_token]));
  onPress(byId('articles-previous'), () => load(tokens.slice(0, -1)));
  onLanguage(render);
}
