// A live count on the page.
import { setText } from './dom.js';
import { number } from './format.js';
import { t } from './i18n.js';

// Shows `event` ({read_count, read_count_stale}) in `node`, and marks a change for a moment.
export function showCount(node, event) {
  const before = node.dataset.count;
  node.dataset.count = event.read_count;
  setText(node, (event.read_count_stale ? '≥ ' : '') + number(event.read_count));
  node.title = event.read_count_stale ? t('stale') : '';
  if (before === undefined || before === String(event.read_count)) return;
  node.classList.remove('changed');
  void node.offsetWidth;  // lets the animation begin anew
  node.classList.add('changed');
}
