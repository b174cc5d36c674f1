// The history of runs, as a table and as what the charts show.
import { listRuns } from './api.js';
import { showRuns } from './chart_panel.js';
import { byId, element, onPress, setMessage, setText, setUsable } from './dom.js';
import { dayTime, duration, number } from './format.js';
import { known, onLanguage, t } from './i18n.js';

const PAGE_SIZE = 15;

let tokens = [''];
let page = { runs: [], next_page_token: '' };
let asked = 0;

function outcomeCell(run) {
  const className = run.outcome === 'succeeded' ? '' : 'bad';
  const cell = element('td', {}, element('span', { className }, t(known(`outcome_${run.outcome}`, 'outcome_failed'))));
  if (run.resumed) cell.append(element('span', { className: 'under' }, t('resumed')));
  if (run.error) cell.append(element('span', { className: 'under' }, run.error));
  return cell;
}

const figure = (text, more = '') => element('td', { className: `number ${more}` }, text);

function row(run) {
  const by = run.requested_by === 'timer' ? t('by_timer') : run.requested_by;
  return element('tr', {},
    element('th', { scope: 'row' }, `#${run.id}`),
    element('td', {}, dayTime(run.started_at)),
    outcomeCell(run),
    figure(number(run.articles)),
    figure(number(run.views)),
    figure(number(run.dead_letters), 'wide-only'),
    figure(duration(run.duration_seconds)),
    element('td', {}, by));
}

function render() {
  byId('runs-body').replaceChildren(...page.runs.map(row));
  setUsable(byId('runs-previous'), tokens.length > 1);
  setUsable(byId('runs-next'), page.next_page_token !== '');
  setText(byId('runs-page'), t('page', { n: tokens.length }));
  setMessage(byId('runs-message'), page.runs.length ? '' : t('runs_none'));
}

// Goes to the page at the end of `way`.
async function load(way = tokens) {
  const ticket = ++asked;
  try {
    const answer = await listRuns({ page_size: PAGE_SIZE, page_token: way.at(-1) });
    if (ticket !== asked) return;
    tokens = way;
    page = answer;
    render();
    if (tokens.length === 1) showRuns(page.runs);
  } catch (error) {
    setMessage(byId('runs-message'), t('error_load', { message: error.message }), 'bad');
  }
}

// A run has ended. Older pages stay as they are while somebody reads them; the charts show the newest always.
export async function refreshRuns() {
  if (tokens.length === 1) return load();
  const newest = await listRuns({ page_size: PAGE_SIZE }).catch(() => null);
  if (newest) showRuns(newest.runs);
}

export function startRuns() {
  onPress(byId('runs-next'), () => load([...tokens, page.next_page_token]));
  onPress(byId('runs-previous'), () => load(tokens.slice(0, -1)));
  onLanguage(render);
}
