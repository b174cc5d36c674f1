// Which streams are open. They rest while the page is paused or hidden: a browser has six connections for a server
// over HTTP/1.1, which the open streams of forgotten tabs would use up.
import { streamState, state, update } from './store.js';

const HIDDEN_GRACE_MS = 10_000;

const wanted = new Map();
const open = new Map();
let hidden = false;
let timer = 0;

export const resting = () => state.paused || hidden;

function start(name) {
  open.set(name, wanted.get(name)((event) => streamState(name, event === 'open')));
}

function stop(name) {
  open.get(name)?.close();
  open.delete(name);
  streamState(name, true);
}

// Keeps a stream by that name: `make` opens it, given what hears its state. Another of the name is closed.
export function watch(name, make) {
  unwatch(name);
  wanted.set(name, make);
  if (!resting()) start(name);
}

export function unwatch(name) {
  wanted.delete(name);
  stop(name);
}

// Opens all streams anew, or closes all, as the page rests or not.
export function refreshStreams() {
  for (const name of wanted.keys()) {
    stop(name);
    if (!resting()) start(name);
  }
}

export function setPaused(paused) {
  update({ paused });
  refreshStreams();
}

function setHidden(value) {
  if (hidden === value) return;
  hidden = value;
  refreshStreams();
}

export function watchVisibility() {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => setHidden(true), HIDDEN_GRACE_MS);
    else setHidden(false);
  });
}
