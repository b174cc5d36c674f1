// A stream of server-sent events that comes back by itself.

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

// Doubles with every failure; the jitter keeps many open pages from asking a restarted server at once.
export function retryDelay(failures, random = Math.random) {
  const whole = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
  return whole * (0.5 + random() / 2);
}

export class EventStream {
  #source = null;
  #timer = 0;
  #failures = 0;
  #closed = false;

  // `url` is asked for at every attempt. `events` maps names to functions of the parsed data. `onState` hears 'open'
  // and 'lost'. `beforeRetry`, after the server refused the stream, may change what `url` answers.
  constructor(url, events, onState, beforeRetry = async () => {}) {
    this.url = url;
    this.events = events;
    this.onState = onState;
    this.beforeRetry = beforeRetry;
    this.#open();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  #open() {
    if (this.#closed) return;
    const source = new EventSource(this.url());
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.onState('open');
    };
    source.onerror = () => this.#failed(source);
    for (const [name, handle] of Object.entries(this.events)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  }

  // EventSource tries again by itself after a lost connection, but gives up after an HTTP error status.
  #failed(source) {
    if (this.#closed) return;
    this.onState('lost');
    if (source.readyState !== EventSource.CLOSED) return;
    this.#timer = setTimeout(() => this.#retry(), retryDelay(this.#failures));
    this.#failures += 1;
  }

  async #retry() {
    await this.beforeRetry().catch(() => {});
    this.#open();
  }
}
