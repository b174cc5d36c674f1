// Views per second from `views_recorded`: all views of the present life of Redis, which the syncer looks at every
// second and tells when it has changed.

const LOOK_MS = 1000;
// No news for longer than a late look may take: there were no views.
const QUIET_MS = 2500;
// Nearer than two looks can be: both tell of the same one.
const SAME_LOOK_MS = 500;

export class RateMeter {
  #last = null;

  // The rate since the look before. undefined: this status brings no new look. null: it cannot be told yet, for the
  // total is absent, is the first one, or began anew.
  next({ views_recorded: views, life }, atMs) {
    if (views === undefined || views === null || !life) return this.#startAt(null);
    const last = this.#last;
    if (!last || last.life !== life || views < last.views) return this.#startAt({ views, life, atMs, looked: false });
    if (views === last.views || atMs - last.atMs < SAME_LOOK_MS) return undefined;
    return this.#since(last, { views, life, atMs, looked: true });
  }

  // Called once a second. 0 when the silence says that there are no views, else undefined.
  quiet(atMs) {
    if (!this.#last || atMs - this.#last.atMs < QUIET_MS) return undefined;
    this.#last.looked = true;
    return 0;
  }

  // After a gap in the stream the mean over the gap would say nothing of now.
  forget() {
    this.#last = null;
  }

  #startAt(look) {
    this.#last = look;
    return null;
  }

  // The first status of a stream comes at once, some time after a look: what came since then has no known duration.
  #since(last, look) {
    this.#last = look;
    if (!last.looked) return null;
    const elapsed = look.atMs - last.atMs;
    return ((look.views - last.views) * 1000) / (elapsed > QUIET_MS ? LOOK_MS : elapsed);
  }
}
