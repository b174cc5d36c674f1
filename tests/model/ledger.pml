/*
 * The counter-moving protocol: writers record views in Redis, syncers move them to MySQL, readers add both up.
 *
 * Redis and MySQL are global variables; a step of the protocol is one atomic block (one script in Redis, or one
 * transaction in MySQL), and between any two of them every other process may run. There are two ids. An entry is one
 * batch of one writer: a view of id 1 and a view of id 2. A count is a vector of two-bit fields, one for each entry,
 * so that an entry that is counted twice cannot be hidden by another one that is lost.
 *
 * Faults: any reply may be lost; a syncer may crash at any step, any number of times; Redis may be emptied EMPTIED
 * times, and be put back PUTBACK times to snapshots that were taken at any earlier moment; a writer may die (DIES).
 *
 * Each MUTATE_... macro takes one protection away.
 */

#ifndef WRITERS
#define WRITERS 1 /* 1..2; WRITERS * BATCHES <= 4 */
#endif
#ifndef BATCHES
#define BATCHES 2 /* new batches of each writer, 1..2 */
#endif
#ifndef SYNCERS
#define SYNCERS 1
#endif
#ifndef EMPTIED
#define EMPTIED 0
#endif
#ifndef PUTBACK
#define PUTBACK 0
#endif
#ifndef DIES
#define DIES 0 /* 1: writers may die, with their journals; only together with EMPTIED=0 and PUTBACK=0 */
#endif
#ifndef READER
#define READER 0
#endif
#ifndef LIVES
#define LIVES 6 /* lives are numbered 1..LIVES; the unmutated model asserts that they are enough */
#endif

#define KEEPS_ITS_PAST (EMPTIED == 0 && PUTBACK == 0)

#define ENTRY(w, b) (1 << (2 * ((w) * BATCHES + (b))))
#define TWICE(counts) ((counts) & 170) /* some field is above 1 */
#define TOTAL(counts) (((counts) & 3) + (((counts) >> 2) & 3) + (((counts) >> 4) & 3) + (((counts) >> 6) & 3))
#define ALL_WRITERS ((1 << WRITERS) - 1)
#define ALL_SYNCERS ((1 << SYNCERS) - 1)

/* ---- Redis ---- */

typedef Redis {
  byte life;                  /* 0: none */
  byte epoch;                 /* of the live hash, from 1 */
  byte live[2];               /* [id - 1] */
  byte writers[WRITERS];      /* last seq recorded */
  byte sealed_epoch;          /* 0: nothing is sealed */
  byte sealed_nonce;
  byte sealed[2];
  byte sealed_writers[WRITERS];
};

Redis redis;
#if PUTBACK > 0
Redis snapshot; /* life 0: none */
#endif
byte lives;  /* lives made so far */
byte nonces; /* nonces drawn so far */

/* ---- MySQL ---- */

typedef Life {
  byte epoch;   /* the position: batches below epoch are in, and of batch `epoch` the ids up to through */
  byte through;
  bool closed;
  byte nonce;      /* of the batch that has begun; meaningful while through > 0 */
  byte last_nonce; /* of batch epoch - 1 */
  byte seq[WRITERS];
  byte batch_seq[WRITERS];
};

Life position[LIVES + 1];
byte count[2];

/* ---- what the processes show to the invariants ---- */

byte sent;                   /* entries that a writer has begun to send */
byte acked;                  /* entries whose record is known to have been carried out */
byte writer_life[WRITERS];
byte lost_connection;        /* writers whose connection broke; each learns it at its next call */
byte idle_writers = ALL_WRITERS;
byte idle_syncers = ALL_SYNCERS;
#if DIES
byte dead_writers;
#else
#define dead_writers 0
#endif

/* The names of the invariants, as they appear in the message of a violation. */
hidden bool conserved = true;
hidden bool never_more_than_sent = true;
hidden bool reader_never_falls = true;
hidden bool reader_is_exact = true;
hidden bool abandoned_only_after_a_loss = true;
hidden bool no_batch_vanishes = true;
hidden bool bounds_suffice = true;

#ifdef MUTATE_NO_SEQ_CHECK
#define RECORDED_BEFORE(w, number) false
#else
#define RECORDED_BEFORE(w, number) (redis.writers[w] >= number)
#endif

#ifdef MUTATE_IGNORE_CLOSED
#define CLOSED(which) false
#else
#define CLOSED(which) position[which].closed
#endif

#ifdef MUTATE_NO_NONCE_ON_RESUME
#define ANOTHER_NONCE_HAS_BEGUN(which, own) false
#else
#define ANOTHER_NONCE_HAS_BEGUN(which, own) (position[which].nonce != own)
#endif

#ifdef MUTATE_NO_NONCE_WHEN_WHOLLY_IN
#define WHOLLY_IN(which, own) true
#else
#define WHOLLY_IN(which, own) (position[which].last_nonce == own)
#endif

#ifdef MUTATE_RELEASE_WITHOUT_NONCE
#define STILL_SEALED_FOR_RELEASE(which, e, own) (redis.life == which && redis.sealed_epoch == e)
#else
#define STILL_SEALED_FOR_RELEASE(which, e, own) \
  (redis.life == which && redis.sealed_epoch == e && redis.sealed_nonce == own)
#endif

#ifdef MUTATE_SYNCER_ABANDONS_BLINDLY
#define STILL_SEALED_FOR_ABANDON(which, e, own) (redis.life == which)
#else
#define STILL_SEALED_FOR_ABANDON(which, e, own) \
  (redis.life == which && redis.sealed_epoch == e && redis.sealed_nonce == own)
#endif

#ifdef MUTATE_WRITER_ABANDONS_BLINDLY
#define STILL_AT_EPOCH(which, e) (redis.life == which)
#else
#define STILL_AT_EPOCH(which, e) (redis.life == which && redis.epoch == e)
#endif

/* ---- the steps in Redis ---- */

inline no_live() {
  redis.live[0] = 0;
  redis.live[1] = 0;
}

inline no_sealed() {
  redis.sealed_epoch = 0;
  redis.sealed_nonce = 0;
  redis.sealed[0] = 0;
  redis.sealed[1] = 0;
  redis.sealed_writers[0] = 0;
#if WRITERS > 1
  redis.sealed_writers[1] = 0;
#endif
}

inline no_writers() {
  redis.writers[0] = 0;
#if WRITERS > 1
  redis.writers[1] = 0;
#endif
}

/* A life that nobody has ever used, with nothing in it. */
inline fresh_life() {
  bounds_suffice = (lives < LIVES);
  assert(bounds_suffice);
  lives++;
  redis.life = lives;
  redis.epoch = 1;
  no_live();
  no_sealed();
  no_writers();
}

/* Adds an entry's views of the ids in the mask; a field stops at 2, which is a violation already. */
inline add_to_live(mask, entry) {
  if
  :: (mask & 1) && !(redis.live[0] & (entry << 1)) -> redis.live[0] = redis.live[0] + entry
  :: else
  fi;
  if
  :: (mask & 2) && !(redis.live[1] & (entry << 1)) -> redis.live[1] = redis.live[1] + entry
  :: else
  fi;
}

/* Adds a batch, unless the life is another one (refused) or the seq was recorded before (a retry). */
inline record(own_life, w, number, mask, entry, refused) {
  if
  :: redis.life == 0 -> fresh_life()
  :: else
  fi;
  if
  :: redis.life != own_life -> refused = true
  :: else ->
    if
    :: RECORDED_BEFORE(w, number)
    :: else ->
      add_to_live(mask, entry);
      redis.writers[w] = number
    fi
  fi;
}

/* Seals the live hash unless a sealed one is there; gives the sealed batch. Each attempt draws a new nonce. */
inline seal() {
  if
  :: redis.sealed_epoch == 0 ->
#ifdef MUTATE_NONCE_OF_THE_FIRST_ATTEMPT
    if
    :: attempt_nonce == 0 ->
      nonces++;
      attempt_nonce = nonces
    :: else
    fi;
    redis.sealed_nonce = attempt_nonce;
#else
    nonces++;
    redis.sealed_nonce = nonces;
#endif
    redis.sealed_epoch = redis.epoch;
    redis.sealed[0] = redis.live[0];
    redis.sealed[1] = redis.live[1];
    redis.sealed_writers[0] = redis.writers[0];
#if WRITERS > 1
    redis.sealed_writers[1] = redis.writers[1];
#endif
    no_live();
    redis.epoch++
  :: else
  fi;
  batch_life = redis.life;
  batch_epoch = redis.sealed_epoch;
  batch_nonce = redis.sealed_nonce;
  batch[0] = redis.sealed[0];
  batch[1] = redis.sealed[1];
  batch_writers[0] = redis.sealed_writers[0];
#if WRITERS > 1
  batch_writers[1] = redis.sealed_writers[1];
#endif
}

/* Drops the sealed batch, if it is still this very one. */
inline release() {
  if
  :: STILL_SEALED_FOR_RELEASE(batch_life, batch_epoch, batch_nonce) -> no_sealed()
  :: else
  fi;
}

/* Sets what Redis has aside, if what made the caller give it up still holds (in the same script). */
inline abandon(still_holds) {
  if
#ifdef MUTATED
  :: still_holds && lives < LIVES ->
#else
  :: still_holds ->
#endif
    abandoned_only_after_a_loss = !KEEPS_ITS_PAST;
    assert(abandoned_only_after_a_loss);
    fresh_life()
  :: else
  fi;
}

/* ---- the steps in MySQL ---- */

/* One transaction: the chunk of id `through + 1`; refused unless the position is the one that the syncer expects. */
inline apply_chunk(refused) {
  if
#ifndef MUTATE_NO_POSITION_GUARD
  :: position[batch_life].epoch != batch_epoch || position[batch_life].through != through -> refused = true
#endif
  :: CLOSED(batch_life) -> refused = true
  :: through > 0 && ANOTHER_NONCE_HAS_BEGUN(batch_life, batch_nonce) -> refused = true
  :: else ->
    never_more_than_sent = !TWICE(count[through] + batch[through]);
    assert(never_more_than_sent);
    count[through] = count[through] + batch[through];
    if
    :: through == 0 ->
      position[batch_life].nonce = batch_nonce;
      position[batch_life].batch_seq[0] = batch_writers[0];
#if WRITERS > 1
      position[batch_life].batch_seq[1] = batch_writers[1];
#endif
      position[batch_life].through = 1
    :: else ->
      position[batch_life].last_nonce = batch_nonce;
      position[batch_life].nonce = 0;
      position[batch_life].seq[0] = position[batch_life].batch_seq[0];
#if WRITERS > 1
      position[batch_life].seq[1] = position[batch_life].batch_seq[1];
#endif
      position[batch_life].through = 0;
      position[batch_life].epoch = batch_epoch + 1
    fi
  fi;
}

/* After this nothing of the life can be applied: its position is final. Makes the row if there is none. */
inline close_life(which) {
#ifndef MUTATE_NO_CLOSE
  position[which].closed = true
#else
  skip
#endif
}

/* Drops from the journal what MySQL has of it, by one consistent reading of the life's position. */
inline trim_entry(which, w, b) {
#ifndef MUTATE_NO_TRIM
  if
  :: journal_seq[b] != 0 && journal_seq[b] <= position[which].seq[w] -> journal_ids[b] = 0
#ifndef MUTATE_NO_PARTIAL
  :: journal_seq[b] > position[which].seq[w] && journal_seq[b] <= position[which].batch_seq[w] &&
       position[which].through > 0 -> journal_ids[b] = journal_ids[b] & 2
#endif
  :: else
  fi;
  if
  :: journal_seq[b] != 0 && journal_ids[b] == 0 ->
    acked = acked | ENTRY(w, b);
    journal_seq[b] = 0
  :: else
  fi;
#endif
}

#define TRIMMABLE(w, b) \
  (journal_seq[b] != 0 && (journal_seq[b] <= position[writer_life[w]].seq[w] || \
    (journal_seq[b] <= position[writer_life[w]].batch_seq[w] && position[writer_life[w]].through > 0 && \
     (journal_ids[b] & 1))))

/* ---- the writer ---- */

/* Same life: all entries above the seq that Redis knows are sent again, the others are known to be recorded. */
inline resend_entry(w, b) {
  if
  :: journal_seq[b] > known_seq ->
#ifdef MUTATE_NO_RESEND
    if
    :: acked & ENTRY(w, b)
    :: else -> unsent = unsent | (1 << b)
    fi
#else
    unsent = unsent | (1 << b)
#endif
  :: journal_seq[b] != 0 && journal_seq[b] <= known_seq -> acked = acked | ENTRY(w, b)
  :: else
  fi;
}

/* Other life: what remains is sent again, under new seqs. */
inline move_entry(b) {
  if
  :: journal_seq[b] != 0 ->
#ifndef MUTATE_SEQS_USED_AGAIN
    last_seq++;
    journal_seq[b] = last_seq;
#endif
    unsent = unsent | (1 << b)
  :: else
  fi;
}

/* Asks Redis for its life and the seq it knows. */
inline ask_redis(w) {
  lost_connection = lost_connection & ~(1 << w);
  if
  :: redis.life == 0 -> fresh_life()
  :: else
  fi;
  seen_life = redis.life;
  known_seq = redis.writers[w];
  seen_epoch = redis.epoch;
}

inline forget_what_redis_said() {
  seen_life = 0;
  known_seq = 0;
  seen_epoch = 0;
}

/* After a new connection or a reply that names another life. Ends with `unsent` to be recorded in order. */
inline recover_writer(w) {
again:
  atomic {
    unsent = 0;
    ask_redis(w);
    if
    :: seen_life != writer_life[w] -> goto other_life
    :: else -> known_epoch = seen_epoch
    fi
  }
  atomic {
    if
#ifndef MUTATE_NO_LOOK_AT_THE_POSITION
    :: known_epoch < position[writer_life[w]].epoch ||
         (known_epoch == position[writer_life[w]].epoch && position[writer_life[w]].through > 0) -> skip
#endif
    :: else ->
      resend_entry(w, 0);
#if BATCHES > 1
      resend_entry(w, 1);
#endif
      forget_what_redis_said();
      known_epoch = 0;
      goto recovered
    fi
  }
  atomic {
    abandon(STILL_AT_EPOCH(writer_life[w], known_epoch));
    forget_what_redis_said();
    known_epoch = 0;
    goto again
  }
other_life:
  if
  :: writer_life[w] != 0 -> close_life(writer_life[w])
  :: else
  fi;
  atomic {
    trim_entry(writer_life[w], w, 0);
    move_entry(0);
#if BATCHES > 1
    trim_entry(writer_life[w], w, 1);
    move_entry(1);
#endif
    writer_life[w] = seen_life;
    forget_what_redis_said()
  }
recovered:
  skip
}
