// The books: every view that was recorded, against where it is now.
import { readBooks } from './api.js';
import { byId, onPress, setFacts, setMessage, setText, setUsable } from './dom.js';
import { clock, number } from './format.js';
import { onLanguage, t } from './i18n.js';
import { state, update } from './store.js';

// Reading the books holds Redis for about 0.2 s for a million articles that wait: beyond this it waits for a press.
const UNASKED_UP_TO = 100_000;

let reading = false;

const term = (key, n) => (n ? t(key, { n }) : '');

// "120 recorded + 3 added by others = 118 in MySQL + 0 in the batch under way + 5 in Redis + 0 dead letters"
export function sentence(books) {
  const left = t('books_recorded', { n: books.recorded }) + term('books_added', books.added_by_others)
    + term('books_taken', books.taken_by_others);
  const right = t('books_applied', { n: books.applied }) + t('books_sealed', { n: books.sealed })
    + t('books_live', { n: books.live }) + t('books_dead', { n: books.dead_lettered })
    + term('books_difference', books.difference);
  return t('books_sentence', { left, right });
}

function verdict({ difference, read_at: readAt }) {
  if (difference === 0) return t('books_balance', { time: clock(readAt) });
  return t(difference > 0 ? 'books_missing' : 'books_extra', { n: Math.abs(difference) });
}

function render() {
  const { books } = state;
  if (!books) return;
  setMessage(byId('books-verdict'), verdict(books), books.difference === 0 ? 'ok' : 'bad');
  setText(byId('books-sentence'), sentence(books));
  setFacts(byId('books-facts'), [
    [t('books_dead_rows'), number(books.dead_letters)],
    [t('books_read_at'), clock(books.read_at)],
  ]);
}

export async function refreshBooks() {
  if (reading) return;
  reading = true;
  setUsable(byId('books-refresh'), false);
  if (!state.books) setText(byId('books-sentence'), t('books_reading'));
  try {
    update({ books: await readBooks() });
    render();
  } catch (error) {
    setMessage(byId('books-verdict'), t('books_error', { message: error.message }), 'warn');
  } finally {
    reading = false;
    setUsable(byId('books-refresh'), true);
  }
}

// The first reading, if it costs little; called with the first status.
export function readBooksOnce(sync) {
  if (!state.books && sync.pending_articles <= UNASKED_UP_TO) refreshBooks();
}

export function startBooks() {
  onPress(byId('books-refresh'), refreshBooks);
  onLanguage(render);
}
