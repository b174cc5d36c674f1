// What the page knows of the server; every part hears of each change.

export const state = {
  paused: false,
  lost: new Set(),         // names of streams that are broken
  answered: true,          // false: the last poll got no answer at all
  sync: null,              // SyncStatus
  syncSeenAt: 0,           // Date.now() when it came
  syncAway: '',            // why the gateway cannot reach the sync service
  asked: false,            // "Sync now" waits for its answer
  service: null,           // ArticleService's status
  articlesAway: '',        // why the gateway cannot reach the article service
  books: null,             // the newest audit
  rate: null,              // views per second
};

const listeners = new Set();

export const subscribe = (listener) => listeners.add(listener);

export function update(change) {
  Object.assign(state, change);
  for (const listener of listeners) listener(state);
}

export function streamState(name, open) {
  const { lost } = state;
  if (open ? !lost.delete(name) : lost.has(name)) return;
  if (!open) lost.add(name);
  update({ lost });
}

export const gatewayAway = ({ lost, answered }) => lost.size > 0 || !answered;
