/*
 * The sync protocol, for the model checker spin: writers record views in Redis, syncers move them to MySQL in batches,
 * a reader adds both up. `run`, beside this file, searches every interleaving within the bounds that it names, and then
 * takes the protocol's protections away one by one: each of them must be missed by an invariant.
 *
 * How it is put down
 *   - What Redis and MySQL hold are global variables. An `atomic` block is one script in Redis, or one transaction in
 *     MySQL; between two blocks everybody else may go on, and whoever is in between may crash.
 *   - There are two articles, ids 1 and 2, and a batch is applied in one chunk or in two. An *entry* is one batch of one
 *     writer, one view of each article. A count is a vector of two-bit fields, one for each entry, so that an entry that
 *     is counted twice cannot make up for one that is lost.
 *   - Faults: every reply may be lost; a syncer may crash anywhere, and so may, if DIES, a writer; Redis may be emptied
 *     (connections stay: FLUSHALL) and put back to an older state of itself (connections break); MySQL may be away when a
 *     writer asks it; and a record may be carried out after its writer has given it up (LATE).
 *   - A writer keeps its journal, whole, while it lives. Where it dies (DIES) Redis keeps its past: only losing both
 *     loses views. Spool, full journals and dead letters are not modelled.
 *   - Mind, when you change it, that spin takes an `else` in an `if` that begins an option for an `else` of the outer
 *     `if`: such an option begins with `true ->`.
 */

/* ---- bounds ---- */

#ifndef WRITERS
#define WRITERS 1 /* 1 or 2 */
#endif
#ifndef BATCHES
#define BATCHES 2 /* of each writer, 1 to 3; WRITERS * BATCHES <= 4 */
#endif
#ifndef SYNCERS
#define SYNCERS 1 /* 1 or 2 */
#endif
#ifndef EMPTIED
#define EMPTIED 0 /* how often Redis is emptied */
#endif
#ifndef PUTBACK
#define PUTBACK 0 /* how often it is put back */
#endif
#ifndef DIES
#define DIES 0 /* 1: writers may die */
#endif
#ifndef LATE
#define LATE 0 /* 1: a record may be carried out late */
#endif
#ifndef READER
#define READER 0 /* 1: there is a reader; only where Redis keeps its past */
#endif
#ifndef CALM
#define CALM 0 /* 1: no lost reply, no crash, MySQL never away: for the search for cycles without progress */
#endif
#ifndef MUTATED
#define MUTATED 0 /* 1: a protection is missing; what follows from it must show, not the first odd step */
#endif
#define LIVES 6 /* at most, and asserted to suffice */

#define ENTRY(w, b) (1 << (2 * ((w) * BATCHES + (b))))
#define PLUS(counts, entry) (((counts) & ((entry) << 1)) != 0 -> (counts) : (counts) + (entry)) /* stops at 2: wrong enough */
#define TWICE(counts) ((counts) & 170)                                                   /* a field is above 1 */
#define TOTAL(counts) (((counts) & 3) + (((counts) >> 2) & 3) + (((counts) >> 4) & 3) + (((counts) >> 6) & 3))

/* ---- what everybody holds ---- */

typedef Redis {
  byte life;         /* 0: none */
  byte epoch;        /* of the live hash, from 1 */
  byte live[2];      /* of ids 1 and 2 */
  byte writers[2];   /* each one's last seq */
  byte sealed_epoch; /* 0: nothing is sealed */
  byte name;         /* of the sealed batch, drawn at the seal */
  byte sealed[2];
  byte sealed_writers[2]; /* `writers` at the seal */
};
Redis redis, snapshot;

/* MySQL's position of a life: batches below `epoch` are in, and of batch `epoch` the ids up to `through`. */
typedef Life {
  byte epoch;
  byte through;
  byte name; /* of the batch that moved the position last */
  bool closed;
  byte seq[2];       /* writers' batches up to here are in */
  byte batch_seq[2]; /* of those up to here the ids up to `through` are in */
};
Life position[LIVES + 1];
byte count[2]; /* the articles' rows */

typedef WriterState {
  byte next;       /* batches begun; batch b has seq b + 1, in whatever life it is recorded */
  byte known;      /* seqs up to here are in Redis */
  byte journal[3]; /* of each batch the ids, as bits, that MySQL is not known to have */
  bool busy;       /* it is catching up */
  bool broken;     /* the connection is; the next call tells */
  bool dead;
};
WriterState writer[2];
byte writer_life[2]; /* 0: none yet */

typedef SyncerState {
  byte epoch;
  byte name;
  byte content[2];
  byte writers[2];
  byte through; /* where it expects the position to be within the batch */
};
SyncerState syncer[2];
byte syncer_life[2]; /* 0: idle */

byte lives, names; /* drawn so far: random numbers that never come again */
byte sent, acked;  /* entries that were begun; entries whose record was answered */

#if LATE
byte late_life, late_writer, late_seq, late_to_1, late_to_2; /* a record on its way; life 0: none */
#endif

/* The invariants, by the names under which a violation is reported. */
hidden byte conserved = true, never_more_than_sent = true, reader_never_falls = true, reader_is_exact = true,
            abandoned_only_after_a_loss = true, no_batch_vanishes = true, bounds_suffice = true;

hidden byte refused; /* within one step */

/* The process that takes a step is `me`. */
#define my syncer[me]
#define where position[syncer_life[me]]
#define own writer[me]

/* ---- steps in Redis ---- */

inline no_sealed() {
  redis.sealed_epoch = 0;
  redis.name = 0;
  redis.sealed[0] = 0;
  redis.sealed[1] = 0;
  redis.sealed_writers[0] = 0;
  redis.sealed_writers[1] = 0;
}

inline empty_redis() {
  redis.life = 0;
  redis.epoch = 0;
  redis.live[0] = 0;
  redis.live[1] = 0;
  redis.writers[0] = 0;
  redis.writers[1] = 0;
  no_sealed();
}

inline fresh_life() {
  bounds_suffice = lives < LIVES;
  assert(bounds_suffice);
  lives++;
  empty_redis();
  redis.life = lives;
  redis.epoch = 1;
}

inline begin_life_if_none() { /* prologue.lua: every step */
  if
  :: redis.life == 0 -> fresh_life()
  :: else
  fi;
}

/* ViewLedger::Record: adds entries to the two ids, unless the life is over or the seq was recorded before. */
inline record(in_life, w, number, to_1, to_2) {
  begin_life_if_none();
  if
  :: redis.life != in_life -> refused = true
  :: else ->
    refused = false;
    if
    :: redis.writers[w] >= number
    :: else ->
      redis.live[0] = PLUS(redis.live[0], to_1);
      redis.live[1] = PLUS(redis.live[1], to_2);
      redis.writers[w] = number
    fi
  fi;
}

/*
 * BatchLedger::Seal and ReadSealed. They are one step here: a sealed batch never changes, ReadSealed fails where
 * Redis was put back in between, and ReadPending tells where the batch has left Redis in between.
 */
inline seal() {
  if
  :: redis.sealed_epoch == 0 ->
    names++;
    redis.name = names;
    redis.sealed_epoch = redis.epoch;
    redis.epoch++;
    redis.sealed[0] = redis.live[0];
    redis.sealed[1] = redis.live[1];
    redis.live[0] = 0;
    redis.live[1] = 0;
    redis.sealed_writers[0] = redis.writers[0];
    redis.sealed_writers[1] = redis.writers[1]
  :: else
  fi;
  syncer_life[me] = redis.life;
  my.epoch = redis.sealed_epoch;
  my.name = redis.name;
  my.content[0] = redis.sealed[0];
  my.content[1] = redis.sealed[1];
  my.writers[0] = redis.sealed_writers[0];
  my.writers[1] = redis.sealed_writers[1];
}

/* BatchLedger::Release: drops the sealed batch, if it is still this very one. */
inline release() {
  if
  :: redis.life == syncer_life[me] && redis.sealed_epoch == my.epoch && redis.name == my.name -> no_sealed()
  :: else
  fi;
}

/* Both Abandons: sets all aside and begins a fresh life, if what made the caller do so still holds. */
inline abandon(still_holds) {
  if
  :: still_holds && !(MUTATED && lives >= LIVES - EMPTIED) ->
    abandoned_only_after_a_loss = EMPTIED + PUTBACK > 0;
    assert(abandoned_only_after_a_loss);
    fresh_life()
  :: else
  fi;
}

/* ---- steps in MySQL ---- */

inline add_to_row(i, increment) {
  never_more_than_sent = !TWICE(count[i] + increment);
  assert(never_more_than_sent);
  count[i] = count[i] + increment;
}

/* BatchStore::Apply: the ids in (through, to]; refused unless the position is where the syncer expects it. */
inline apply_chunk(to) {
  if
  :: where.closed || where.epoch != my.epoch || where.through != my.through ||
       (where.through > 0 && where.name != my.name) ->
    refused = true
  :: else ->
    refused = false;
    where.name = my.name;
    if
    :: my.through == 0 ->
      add_to_row(0, my.content[0]);
      where.batch_seq[0] = my.writers[0];
      where.batch_seq[1] = my.writers[1];
      where.through = 1
    :: else
    fi;
    if
    :: to == 2 -> /* the last chunk */
      add_to_row(1, my.content[1]);
      where.seq[0] = where.batch_seq[0];
      where.seq[1] = where.batch_seq[1];
      where.through = 0;
      where.epoch = my.epoch + 1
    :: else
    fi
  fi;
}

/* What MySQL has leaves the writer's journal: Journal::Trim, with the answer of LifeRegistry::Read or Close. */
#define SEQ(b) ((b) + 1)
#define LACKING(p, w, b) \
  (SEQ(b) <= p.seq[w] -> 0 : \
    (p.through == 1 && SEQ(b) <= p.batch_seq[w] -> writer[w].journal[b] & 2 : writer[w].journal[b]))
#define HAS(p, w, b) (writer[w].journal[b] != LACKING(p, w, b))
#define TRIMMABLE(p, w) (HAS(p, w, 0) || HAS(p, w, 1) || HAS(p, w, 2))
inline trim(which) {
  own.journal[0] = LACKING(position[which], me, 0);
  own.journal[1] = LACKING(position[which], me, 1);
  own.journal[2] = LACKING(position[which], me, 2);
}

/* ---- the writer: article/ledger_writer.cc ---- */

#define VIEWS(w, b, id) (((writer[w].journal[b] >> (id - 1)) & 1) * ENTRY(w, b))
#define UNSENT(w, b) (writer[w].journal[b] != 0 && SEQ(b) > writer[w].known)
#define ANY_UNSENT(w) (UNSENT(w, 0) || UNSENT(w, 1) || UNSENT(w, 2))
#define FIRST_UNSENT(w) (UNSENT(w, 0) -> 0 : (UNSENT(w, 1) -> 1 : 2))
#define NOTHING_TO_KEEP(w) (writer[w].journal[0] + writer[w].journal[1] + writer[w].journal[2] == 0)
#define OUT_OF_STEP(w) (writer_life[w] != 0 && (writer[w].broken || redis.life != writer_life[w]))

proctype Writer(byte me) {
  byte b;                     /* the batch under way */
  byte seen_life, seen_epoch; /* what Redis said */

in_step:
  atomic {
    own.busy = false;
    seen_life = 0;
    seen_epoch = 0;
    b = 0;
    if
    :: ANY_UNSENT(me) -> b = FIRST_UNSENT(me); goto sending
    :: !ANY_UNSENT(me) && own.next < BATCHES ->
      /* A batch enters the journal before it is sent. */
      own.journal[own.next] = 3;
      sent = sent | ENTRY(me, own.next);
      own.next++;
      goto in_step
    :: !ANY_UNSENT(me) && OUT_OF_STEP(me) -> goto catching_up /* a call that only asks finds it out */
    :: !ANY_UNSENT(me) && writer_life[me] != 0 && TRIMMABLE(position[writer_life[me]], me) ->
      trim(writer_life[me]); /* Redis tells of a release */
      goto in_step
#if DIES
    :: own.next > 0 -> goto dead
#endif
    fi
  }

sending:
  atomic {
    if
    :: own.broken || writer_life[me] == 0 -> goto catching_up /* the call fails */
#if LATE
    :: !own.broken && writer_life[me] != 0 && late_life == 0 ->
      late_life = writer_life[me];
      late_writer = me;
      late_seq = SEQ(b);
      late_to_1 = VIEWS(me, b, 1);
      late_to_2 = VIEWS(me, b, 2);
      goto catching_up
#endif
    :: !own.broken && writer_life[me] != 0 ->
      record(writer_life[me], me, SEQ(b), VIEWS(me, b, 1), VIEWS(me, b, 2));
      if
      :: refused -> goto catching_up
      :: !refused && !CALM -> goto catching_up /* the reply is lost */
      :: !refused && !CALM -> goto sending /* ... and the same is sent again, whatever Redis knows of it */
#if DIES
      :: !refused -> goto dead
#endif
      :: !refused ->
        own.known = SEQ(b);
        acked = acked | ENTRY(me, b);
        goto in_step
      fi
    fi
  }

/* LedgerWriter::TryToCatchUp. What Redis lacks is then recorded again, from `in_step`. */
catching_up:
  atomic {
    own.busy = true;
    own.broken = false;
    b = 0;
    begin_life_if_none();
    seen_life = redis.life;
    seen_epoch = redis.epoch;
    own.known = redis.writers[me]
  }
  atomic {
    if
    :: !CALM && seen_life == writer_life[me] -> goto in_step /* MySQL is away */
    :: !CALM && NOTHING_TO_KEEP(me) ->                         /* MySQL is away */
      writer_life[me] = seen_life;
      goto in_step
    :: true /* LifeRegistry::Read */
    fi;
    if
    :: position[seen_life].closed || position[seen_life].epoch + position[seen_life].through > seen_epoch ->
      goto abandoning
    :: else
    fi;
    if
    :: seen_life == writer_life[me] -> trim(seen_life); goto in_step
    :: seen_life != writer_life[me] && writer_life[me] == 0 -> writer_life[me] = seen_life; goto in_step
    :: seen_life != writer_life[me] && writer_life[me] != 0
    fi
  }
  atomic { /* LifeRegistry::Close: from now on nothing of the old life can be applied, so its standing is final. */
    position[writer_life[me]].closed = true;
    trim(writer_life[me]);
    writer_life[me] = seen_life
  }
  goto in_step;
abandoning:
  atomic {
    abandon(redis.life == seen_life && redis.epoch == seen_epoch);
    seen_life = 0;
    seen_epoch = 0;
    goto catching_up
  }

#if DIES
dead:
  atomic {
    b = 0;
    own.dead = true
  }
#endif
}

#if LATE
inline forget_late() {
  late_life = 0;
  late_writer = 0;
  late_seq = 0;
  late_to_1 = 0;
  late_to_2 = 0;
}

proctype Late() {
  do
  :: atomic {
      late_life != 0;
      record(late_life, late_writer, late_seq, late_to_1, late_to_2);
      forget_late()
    }
  od
}
#endif

/* ---- the syncer: syncer/engine.cc, syncer/batch_run.cc ---- */

inline forget() { /* the batch is done with, or the syncer crashes */
  syncer_life[me] = 0;
  my.epoch = 0;
  my.name = 0;
  my.content[0] = 0;
  my.content[1] = 0;
  my.writers[0] = 0;
  my.writers[1] = 0;
  my.through = 0;
}

proctype Syncer(byte me) {
idle:
  atomic {
    redis.sealed_epoch != 0 || redis.live[0] || redis.live[1];
    seal();
    if
    :: true
    :: !CALM -> goto crash /* or the reply is lost */
    fi
  }

looking: /* BatchStore::ReadStanding, BatchRun::CheckPast, BatchRun::SkipToBatch */
  atomic {
    my.through = 0;
    if
    :: !CALM -> goto crash
    :: where.closed -> goto abandoning
    :: !where.closed && where.epoch < my.epoch ->
      no_batch_vanishes = MUTATED;
      assert(no_batch_vanishes);
      where.epoch = my.epoch;
      where.through = 0
    :: !where.closed && where.epoch == my.epoch ->
      if
      :: where.through > 0 && where.name != my.name -> goto abandoning
      :: else -> my.through = where.through
      fi
    :: !where.closed && where.epoch > my.epoch ->
      if
      :: where.epoch == my.epoch + 1 && where.through == 0 && where.name == my.name -> goto releasing
      :: else -> goto abandoning
      fi
    fi
  }

applying:
  atomic {
    if
    :: !CALM -> goto crash
    :: my.through == 0 -> apply_chunk(1)
    :: true -> apply_chunk(2)
    fi;
    if
    :: refused -> goto looking
    :: !refused && !CALM -> goto looking /* the reply to COMMIT is lost */
    :: !refused && where.epoch == my.epoch -> my.through = 1; goto applying
    :: !refused && where.epoch != my.epoch
    fi
  }

releasing:
  atomic {
    if
    :: !CALM
    :: true -> release()
    fi;
    goto crash
  }

abandoning: /* Engine::Abandon */
  atomic {
    if
    :: !CALM
    :: true -> abandon(redis.life == syncer_life[me] && redis.sealed_epoch == my.epoch && redis.name == my.name)
    fi
  }
crash:
  atomic {
    forget();
    goto idle
  }
}

/* ---- Redis loses what it had ---- */

Redis nothing;

inline copy(from, to) {
  to.life = from.life;
  to.epoch = from.epoch;
  to.live[0] = from.live[0];
  to.live[1] = from.live[1];
  to.writers[0] = from.writers[0];
  to.writers[1] = from.writers[1];
  to.sealed_epoch = from.sealed_epoch;
  to.name = from.name;
  to.sealed[0] = from.sealed[0];
  to.sealed[1] = from.sealed[1];
  to.sealed_writers[0] = from.sealed_writers[0];
  to.sealed_writers[1] = from.sealed_writers[1];
}

proctype Loss() {
  byte emptied = EMPTIED, putback = PUTBACK, snapshots = PUTBACK;
  do
  :: atomic {
      emptied > 0 && redis.life != 0;
      emptied--;
      empty_redis()
    }
  :: atomic {
      snapshots > 0 && redis.life != 0;
      snapshots--;
      copy(redis, snapshot)
    }
  :: atomic {
      putback > 0 && snapshot.life != 0;
      putback--;
      copy(snapshot, redis);
      if
      :: putback == 0 -> copy(nothing, snapshot)
      :: else
      fi;
      writer[0].broken = true;
      writer[1].broken = true;
#if LATE
      forget_late()
#endif
    }
  od
}

/* ---- the reader: article/exact_count.cc, article/cache.cc ---- */

proctype Reader() {
  byte id;
  byte life, row, applied;                                            /* the cached row; life 0: none */
  byte said_life, said_epoch, said_sealed_epoch, said_live, said_sealed; /* Redis' answer */
  byte last, least, total;
  if
  :: id = 0
  :: id = 1
  fi;
  do
  :: atomic { /* Redis first ... */
      redis.life != 0;
      least = TOTAL(acked);
      said_life = redis.life;
      said_epoch = redis.epoch;
      said_sealed_epoch = redis.sealed_epoch;
      said_live = TOTAL(redis.live[id]);
      said_sealed = TOTAL(redis.sealed[id])
    }
    atomic { /* ... then the row with its position in one reading, unless a cached one will do. */
      if
      :: life == said_life && applied + 1 >= (said_sealed_epoch != 0 -> said_sealed_epoch : said_epoch)
      :: life = said_life;
        row = TOTAL(count[id]);
        applied = position[life].epoch - (id < position[life].through -> 0 : 1)
      fi;
      total = row + (said_sealed_epoch > applied -> said_sealed : 0) + (said_epoch > applied -> said_live : 0);
      if
      :: said_sealed_epoch == applied + 1 -> /* ArticleCache::Fold */
        row = row + said_sealed;
        applied = said_sealed_epoch
      :: true
      fi;
      reader_never_falls = total >= last;
      assert(reader_never_falls);
      reader_is_exact = total >= least && total <= TOTAL(sent);
      assert(reader_is_exact);
      last = total;
      total = 0;
      least = 0;
      said_life = 0;
      said_epoch = 0;
      said_sealed_epoch = 0;
      said_live = 0;
      said_sealed = 0
    }
  od
}

/* ---- the invariants that hold between the steps ---- */

/* Nothing is left to be sent, sealed, applied or noticed. */
#define CONTENT(w) (writer[w].dead || (!writer[w].busy && !ANY_UNSENT(w) && !OUT_OF_STEP(w)))
#define QUIET \
  (CONTENT(0) && CONTENT(1) && syncer_life[0] == 0 && syncer_life[1] == 0 && redis.sealed_epoch == 0 && \
    redis.live[0] == 0 && redis.live[1] == 0)

/* Then each entry is counted once; if its writer died, once or, unless it was acknowledged, not at all. */
#define COUNTED(i) \
  (!TWICE(count[i]) && (count[i] & ~sent) == 0 && (count[i] & acked) == acked && (DIES || count[i] == sent))

/* Where Redis and MySQL agree about the past, what Redis has will be applied, and must not be in MySQL already. */
#define here position[redis.life]
#define AGREE \
  (redis.life != 0 && !here.closed && \
    (redis.sealed_epoch == 0 -> here.epoch == redis.epoch && here.through == 0 : \
      (here.epoch == redis.sealed_epoch && (here.through == 0 || here.name == redis.name)) || \
        (here.epoch == redis.epoch && here.through == 0 && here.name == redis.name)))
#define IS_IN(i) (here.epoch > redis.sealed_epoch || (here.epoch == redis.sealed_epoch && i < here.through))
#define ON_ITS_WAY(i) (redis.live[i] + (IS_IN(i) -> 0 : redis.sealed[i]))

proctype Check() {
  do
  :: atomic {
      QUIET && !(COUNTED(0) && COUNTED(1)) ->
      conserved = false;
      assert(conserved)
    }
  :: atomic {
      AGREE && (TWICE(count[0] + ON_ITS_WAY(0)) || TWICE(count[1] + ON_ITS_WAY(1))) ->
      never_more_than_sent = false;
      assert(never_more_than_sent)
    }
  :: QUIET -> /* so that a state in which nothing more can happen is an error (invalid end state) unless quiet */
progress:
    skip
  od
}

hidden byte i;

init {
  atomic {
    for (i : 1 .. LIVES) {
      position[i].epoch = 1
    }
    run Writer(0);
    if
    :: WRITERS > 1 -> run Writer(1)
    :: else
    fi;
    run Syncer(0);
    if
    :: SYNCERS > 1 -> run Syncer(1)
    :: else
    fi;
    if
    :: READER -> run Reader()
    :: else
    fi;
#if LATE
    run Late();
#endif
    if
    :: EMPTIED + PUTBACK > 0 -> run Loss()
    :: else
    fi;
    run Check()
  }
}
