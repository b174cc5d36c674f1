#pragma once

#include "absl/strings/string_view.h"

namespace readcount {

// A step of the protocol at which tests end or stop the program. All of them:
//
//   article.before_record      a batch of views is about to go to Redis
//   article.after_record       Redis has answered it; nobody has been told
//   article.before_hold        Redis is away, a batch is about to go to the spool
//   article.after_hold         the spool has it; nobody has been told
//   article.after_close_life   an ended life is closed in MySQL; nothing is replayed yet
//   article.mid_replay         one batch has been recorded again
//   article.after_replay       all have, and still stand in the spool
//   sync.after_seal            Redis has sealed a batch
//   sync.after_read            the batch has been read
//   sync.after_bury            strays are among the dead letters
//   sync.before_commit         a chunk's transaction is complete but for COMMIT
//   sync.after_commit          a chunk is in MySQL
//   sync.before_release        the position is beyond the batch
//   sync.after_release         the batch has left Redis
//   letters.before_commit      dead letters are added or dropped, but for COMMIT
//   letters.after_commit       they are; nobody has been told
//
// READCOUNT_FAIL_POINTS=NAME:ACTION[:N],... arms them: at the N-th pass (the first if not given) of NAME the
// program ends as by kill -9 (`kill`) or stops until it gets SIGCONT (`stop`). Not set, a pass costs a load
// of one flag. Thread-safe. A malformed value ends the program at the first pass, so that no test passes by a
// typing error.
void FailPoint(absl::string_view name);

}  // namespace readcount
