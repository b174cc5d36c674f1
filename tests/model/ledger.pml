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
#ifndef LATE
#define LATE 0 /* 1: a record may be carried out after its writer has given up waiting; it does not outlive a loss */
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

/* A record that is carried out only after its writer has given up waiting and has a new connection. */
#if LATE
byte late_life; /* 0: none is on its way */
byte late_writer, late_seq, late_ids, late_entry;
#endif

/* The names of the invariants, as they appear in the message of a violation. */
hidden byte conserved = true;
hidden byte never_more_than_sent = true;
hidden byte reader_never_falls = true;
hidden byte reader_is_exact = true;
hidden byte abandoned_only_after_a_loss = true;
hidden byte no_batch_vanishes = true;
hidden byte bounds_suffice = true;

#ifdef MUTATE_NO_SEQ_CHECK
#define RECORDED_BEFORE(w, number) false
#else
#define RECORDED_BEFORE(w, number) (redis.writers[w] >= number)
#endif

#ifdef MUTATE_NO_POSITION_GUARD
#define AT_ANOTHER_POSITION(which, e, t) false
#else
#define AT_ANOTHER_POSITION(which, e, t) (position[which].epoch != e || position[which].through != t)
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
  bounds_suffice = true;
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
#ifdef MUTATE_WRITERS_NOT_COPIED_AT_SEAL
#define copied_writers redis.writers
#else
#define copied_writers redis.sealed_writers
#endif
  batch_writers[0] = copied_writers[0];
#if WRITERS > 1
  batch_writers[1] = copied_writers[1];
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
  :: still_holds && lives < LIVES - EMPTIED -> /* what follows from it must show */
#else
  :: still_holds ->
    abandoned_only_after_a_loss = !KEEPS_ITS_PAST;
    assert(abandoned_only_after_a_loss);
#endif
    fresh_life()
  :: else
  fi;
}

/* ---- the steps in MySQL ---- */

/* One transaction: the chunk of id `through + 1`; refused unless the position is the one that the syncer expects. */
inline apply_chunk(refused) {
  if
  :: CLOSED(batch_life) || AT_ANOTHER_POSITION(batch_life, batch_epoch, through) ||
       (through > 0 && ANOTHER_NONCE_HAS_BEGUN(batch_life, batch_nonce)) -> refused = true
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
#ifdef MUTATE_NO_TRIM
  skip
#else
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

/* After a new connection or a reply that names another life. Ends with `unsent` to be recorded, in order. */
inline recover_writer(w) {
  atomic {
    unsent = 0;
    ask_redis(w);
    if
    :: seen_life != writer_life[w] -> goto other_life
    :: else
    fi
  }
  /* Same life: was Redis put back to before what MySQL has? */
  atomic {
    if
#ifndef MUTATE_NO_LOOK_AT_THE_POSITION
    :: seen_epoch < position[seen_life].epoch ||
         (seen_epoch == position[seen_life].epoch && position[seen_life].through > 0)
#endif
    :: else ->
      resend_entry(w, 0);
#if BATCHES > 1
      resend_entry(w, 1);
#endif
      forget_what_redis_said();
      go_on()
    fi
  }
  atomic {
    abandon(STILL_AT_EPOCH(seen_life, seen_epoch));
    forget_what_redis_said();
    goto recovering
  }
other_life:
  atomic {
    if
    :: writer_life[w] != 0 -> close_life(writer_life[w])
    :: else
    fi
  }
  atomic {
    trim_entry(writer_life[w], w, 0);
    move_entry(0);
#if BATCHES > 1
    trim_entry(writer_life[w], w, 1);
    move_entry(1);
#endif
    writer_life[w] = seen_life;
    forget_what_redis_said();
    go_on()
  }
}

inline go_on() {
  if
  :: unsent -> goto sending
  :: else ->
    idle_writers = idle_writers | (1 << me);
    goto idle
  fi
}

proctype Writer(byte me) {
  byte next;                                       /* the next new batch, 0..BATCHES */
  byte last_seq;                                   /* the counter */
  byte journal_seq[BATCHES], journal_ids[BATCHES]; /* seq 0: not in the journal */
  byte unsent;                                     /* entries to be recorded before anything else */
  byte b;                                          /* the entry under way */
  byte seen_life, known_seq, seen_epoch;           /* what Redis said */
  bool refused;

idle:
  atomic {
    if
    :: next < BATCHES ->
      /* A new batch enters the journal before it is sent. */
      last_seq++;
      journal_seq[next] = last_seq;
      journal_ids[next] = 3;
      unsent = 1 << next;
      sent = sent | ENTRY(me, next);
      next++;
      idle_writers = idle_writers & ~(1 << me);
      goto sending
    :: writer_life[me] != 0 && ((lost_connection & (1 << me)) || redis.life != writer_life[me]) ->
      /* An idle writer calls Redis now and then: only so does it notice. */
      idle_writers = idle_writers & ~(1 << me);
      goto recovering
    :: writer_life[me] != 0 && (TRIMMABLE(me, 0) || (BATCHES > 1 && TRIMMABLE(me, BATCHES - 1))) ->
      trim_entry(writer_life[me], me, 0);
#if BATCHES > 1
      trim_entry(writer_life[me], me, 1);
#endif
      goto idle
#if DIES
    :: next > 0 -> goto dead
#endif
    fi
  }

sending:
  atomic {
    if
#ifdef MUTATE_SENT_OUT_OF_ORDER
    :: unsent & 2 -> b = 1
    :: else -> b = 0
#else
    :: unsent & 1 -> b = 0
    :: else -> b = 1
#endif
    fi;
#ifdef MUTATE_RECONNECTS_SILENTLY
    lost_connection = lost_connection & ~(1 << me);
#endif
    if
    :: lost_connection & (1 << me) ->
      /* The call fails: nothing was carried out. */
      b = 0;
#ifdef MUTATE_RETRY_INTO_ANOTHER_LIFE
      ask_redis(me);
      writer_life[me] = seen_life;
      forget_what_redis_said();
      goto sending
#else
      goto recovering
#endif
#if LATE
    :: !(lost_connection & (1 << me)) && late_life == 0 && writer_life[me] != 0 ->
      late_life = writer_life[me];
      late_writer = me;
      late_seq = journal_seq[b];
      late_ids = journal_ids[b];
      late_entry = ENTRY(me, b);
      b = 0;
      goto recovering
#endif
    :: !(lost_connection & (1 << me)) ->
      record(writer_life[me], me, journal_seq[b], journal_ids[b], ENTRY(me, b), refused)
    fi;
    if
    :: refused ->
      refused = false;
      b = 0;
#ifdef MUTATE_RETRY_INTO_ANOTHER_LIFE
      writer_life[me] = redis.life;
      goto sending
#else
      goto recovering
#endif
    :: !refused ->
      if
      :: acked = acked | ENTRY(me, b);
        unsent = unsent & ~(1 << b);
        b = 0;
        go_on()
      :: b = 0; goto sending    /* The reply is lost: the same record again. */
      :: b = 0; goto recovering /* The reply is lost with the connection. */
#if DIES
      :: b = 0; goto dead
#endif
      fi
    fi
  }

recovering:
  recover_writer(me);

#if DIES
dead:
  atomic {
    idle_writers = idle_writers | (1 << me);
    dead_writers = dead_writers | (1 << me)
  }
#endif
}

#if LATE
inline forget_late() {
  late_life = 0;
  late_writer = 0;
  late_seq = 0;
  late_ids = 0;
  late_entry = 0
}

proctype Late() {
  bool refused;
  do
  :: atomic {
      late_life != 0;
      record(late_life, late_writer, late_seq, late_ids, late_entry, refused);
      refused = false;
      forget_late()
    }
  od
}
#else
inline forget_late() {
  skip
}
#endif

/* ---- the syncer ---- */

/* Nothing is kept: the batch is done with, or the syncer crashes. */
inline forget_batch() {
  batch_life = 0;
  batch_epoch = 0;
  batch_nonce = 0;
  batch[0] = 0;
  batch[1] = 0;
  batch_writers[0] = 0;
#if WRITERS > 1
  batch_writers[1] = 0;
#endif
  through = 0;
  idle_syncers = idle_syncers | (1 << me)
}

proctype Syncer(byte me) {
  byte batch_life, batch_epoch, batch_nonce; /* its copy of the sealed batch */
  byte batch[2];
  byte batch_writers[WRITERS];
  byte through; /* the position within the batch that the syncer expects */
  bool refused;
#ifdef MUTATE_NONCE_OF_THE_FIRST_ATTEMPT
  byte attempt_nonce;
#endif

idle:
  atomic {
    redis.sealed_epoch != 0 || redis.live[0] || redis.live[1];
    seal();
    if
    :: idle_syncers = idle_syncers & ~(1 << me)
#ifdef MUTATE_NONCE_OF_THE_FIRST_ATTEMPT
      ; attempt_nonce = 0
#endif
    :: forget_batch(); goto idle /* The reply is lost, or the syncer crashes. */
    fi
  }

/* Where does MySQL stand with this batch? */
looking:
  atomic {
    through = 0;
    if
    :: forget_batch(); goto idle
    :: CLOSED(batch_life) -> goto abandoning
    :: !CLOSED(batch_life) && position[batch_life].epoch < batch_epoch ->
#ifndef MUTATED
      no_batch_vanishes = false;
      assert(no_batch_vanishes);
#endif
      position[batch_life].epoch = batch_epoch;
      position[batch_life].through = 0
    :: !CLOSED(batch_life) && position[batch_life].epoch == batch_epoch ->
      if
      :: position[batch_life].through > 0 && ANOTHER_NONCE_HAS_BEGUN(batch_life, batch_nonce) -> goto abandoning
      :: else -> through = position[batch_life].through
      fi
    :: !CLOSED(batch_life) && position[batch_life].epoch > batch_epoch ->
      if
      :: position[batch_life].epoch == batch_epoch + 1 && position[batch_life].through == 0 &&
           WHOLLY_IN(batch_life, batch_nonce) -> goto releasing
      :: else -> goto abandoning
      fi
    fi
  }

applying:
  atomic {
    if
    :: forget_batch(); goto idle
    :: true
    fi;
#ifdef MUTATE_RELEASE_BEFORE_LAST_COMMIT
    if
    :: through == 1 && redis.life == batch_life && redis.sealed_epoch == batch_epoch ->
      release();
      goto applying
    :: else
    fi;
#endif
    apply_chunk(refused);
    if
    :: refused -> refused = false; goto looking
    :: !refused -> goto looking /* The reply is lost. */
    :: !refused && through == 0 -> through = 1; goto applying
    :: !refused && through == 1 -> through = 0
    fi
  }

releasing:
  atomic {
    if
    :: true
    :: release()
    fi;
    forget_batch();
    goto idle
  }

abandoning:
  atomic {
    if
    :: true
    :: abandon(STILL_SEALED_FOR_ABANDON(batch_life, batch_epoch, batch_nonce))
    fi;
    forget_batch();
    goto idle
  }
}

/* ---- Redis loses what it had ---- */

inline copy_redis(from, to) {
  to.life = from.life;
  to.epoch = from.epoch;
  to.live[0] = from.live[0];
  to.live[1] = from.live[1];
  to.writers[0] = from.writers[0];
  to.sealed_epoch = from.sealed_epoch;
  to.sealed_nonce = from.sealed_nonce;
  to.sealed[0] = from.sealed[0];
  to.sealed[1] = from.sealed[1];
  to.sealed_writers[0] = from.sealed_writers[0];
#if WRITERS > 1
  to.writers[1] = from.writers[1];
  to.sealed_writers[1] = from.sealed_writers[1];
#endif
}

inline empty_redis(which) {
  which.life = 0;
  which.epoch = 0;
  which.live[0] = 0;
  which.live[1] = 0;
  which.writers[0] = 0;
  which.sealed_epoch = 0;
  which.sealed_nonce = 0;
  which.sealed[0] = 0;
  which.sealed[1] = 0;
  which.sealed_writers[0] = 0;
#if WRITERS > 1
  which.writers[1] = 0;
  which.sealed_writers[1] = 0;
#endif
}

proctype Loss() {
  byte emptied = EMPTIED;
  byte putback = PUTBACK;
  byte snapshots = PUTBACK;
  do
  :: atomic {
      emptied > 0 && redis.life != 0;
      emptied--;
      empty_redis(redis);
      forget_late();
      lost_connection = ALL_WRITERS
    }
#if PUTBACK > 0
  :: atomic {
      snapshots > 0 && redis.life != 0;
      snapshots--;
      copy_redis(redis, snapshot)
    }
  :: atomic {
      putback > 0 && snapshot.life != 0;
      putback--;
      copy_redis(snapshot, redis);
      if
      :: putback == 0 -> empty_redis(snapshot)
      :: else
      fi;
      forget_late();
      lost_connection = ALL_WRITERS
    }
#endif
  od
}

/* ---- the reader ---- */

#ifdef MUTATE_CACHED_ROW_NOT_COMPARED
#define CACHED_ROW_SUFFICES (cached_life == said.life)
#else
#define CACHED_ROW_SUFFICES \
  (cached_life == said.life && \
    cached_applied + 1 >= (said.sealed_epoch != 0 -> said.sealed_epoch : said.epoch))
#endif

/* Redis says what it has of the id. */
inline ask_count() {
  said.life = redis.life;
  said.epoch = redis.epoch;
  said.sealed_epoch = redis.sealed_epoch;
  said.live[0] = TOTAL(redis.live[id]);
  said.sealed[0] = TOTAL(redis.sealed[id])
}

/* The row of the id and the position of the life, in one reading. */
inline read_row() {
  cached_life = said.life;
  cached_row = TOTAL(count[id]);
  cached_applied = position[said.life].epoch - (id < position[said.life].through -> 0 : 1)
}

/* What the row lacks is added. The least count is what was acknowledged, or had been read, before the reading began. */
inline read_count() {
  total = cached_row + (said.sealed_epoch > cached_applied -> said.sealed[0] : 0) +
    (said.epoch > cached_applied -> said.live[0] : 0);
  reader_never_falls = total >= last;
  assert(reader_never_falls);
  reader_is_exact = total >= least && total <= TOTAL(sent);
  assert(reader_is_exact);
  last = total;
  total = 0;
  least = 0;
  empty_redis(said)
}

#if READER
proctype Reader() {
  byte id;
  byte cached_life, cached_row, cached_applied; /* the cached row, with the position it was read at; life 0: none */
  Redis said;
  byte last, least, total;
  if
  :: id = 0
  :: id = 1
  fi;
  do
  :: atomic {
      redis.life != 0;
      least = TOTAL(acked);
#ifdef MUTATE_ROW_READ_BEFORE_REDIS
      said.life = redis.life;
      read_row()
#else
      ask_count()
#endif
    }
    atomic {
#ifdef MUTATE_ROW_READ_BEFORE_REDIS
      ask_count();
#else
      if
      :: CACHED_ROW_SUFFICES
      :: read_row() /* There is no cached row, it does not suffice, or it has fallen out of the cache. */
      fi;
#endif
      read_count()
    }
  od
}
#endif

/* ---- the invariants ---- */

/* Everything is quiet: nothing is left to be sent, sealed, applied or noticed. */
#define NOTICED(w) \
  ((dead_writers & (1 << w)) || writer_life[w] == 0 || \
    (writer_life[w] == redis.life && !(lost_connection & (1 << w))))
#if WRITERS > 1
#define ALL_NOTICED (NOTICED(0) && NOTICED(1))
#else
#define ALL_NOTICED NOTICED(0)
#endif
#define QUIET \
  (idle_writers == ALL_WRITERS && idle_syncers == ALL_SYNCERS && redis.sealed_epoch == 0 && \
    redis.live[0] == 0 && redis.live[1] == 0 && ALL_NOTICED)

/* Acknowledged: once. Begun, but its outcome never learned: once or not at all. */
#define CONSERVED(i) (!TWICE(count[i]) && (count[i] & acked) == acked && (count[i] & ~sent) == 0)

/* Redis and MySQL agree about the past: what Redis has will be applied, and must not be in MySQL already. */
#define WITH_SEALED \
  ((position[redis.life].epoch == redis.sealed_epoch && \
      (position[redis.life].through == 0 || position[redis.life].nonce == redis.sealed_nonce)) || \
    (position[redis.life].epoch == redis.sealed_epoch + 1 && position[redis.life].through == 0 && \
      position[redis.life].last_nonce == redis.sealed_nonce))
#define WITHOUT_SEALED (position[redis.life].epoch == redis.epoch && position[redis.life].through == 0)
#define AGREE \
  (redis.life != 0 && !position[redis.life].closed && (redis.sealed_epoch != 0 -> WITH_SEALED : WITHOUT_SEALED))
#define SEALED_IS_IN(i) \
  (position[redis.life].epoch > redis.sealed_epoch || \
    (position[redis.life].epoch == redis.sealed_epoch && i < position[redis.life].through))
#define ON_ITS_WAY(i) (redis.live[i] + (SEALED_IS_IN(i) -> 0 : redis.sealed[i]))

proctype Check() {
  do
  :: atomic {
      QUIET && !(CONSERVED(0) && CONSERVED(1)) ->
      conserved = false;
      assert(conserved)
    }
  :: atomic {
      AGREE && (TWICE(count[0] + ON_ITS_WAY(0)) || TWICE(count[1] + ON_ITS_WAY(1))) ->
      never_more_than_sent = false;
      assert(never_more_than_sent)
    }
  :: QUIET -> skip /* So that a state in which nothing can happen is an error unless it is quiet. */
  od
}

init {
  atomic {
    byte i = 1;
    do
    :: i <= LIVES -> position[i].epoch = 1; i++
    :: else -> break
    od;
    i = 0;
    run Writer(0);
#if WRITERS > 1
    run Writer(1);
#endif
    run Syncer(0);
#if SYNCERS > 1
    run Syncer(1);
#endif
#if READER
    run Reader();
#endif
#if LATE
    run Late();
#endif
#if EMPTIED + PUTBACK > 0
    run Loss();
#endif
    run Check()
  }
}
