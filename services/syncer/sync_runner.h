#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/clock.h"
#include "services/common/base/thread_pool.h"
#include "services/common/batch/batcher.h"
#include "services/syncer/auditor.h"
#include "services/syncer/engine.h"
#include "services/syncer/run_history.h"
#include "services/syncer/status_board.h"

namespace readcount {

// Whoever asks for a run while one is under way waits for the next, which all who wait share: callers are the
// items of a batcher, a run is the sending of a batch. Audits take turns with runs on the same thread.
// Thread-safe.
class SyncRunner {
 public:
  static constexpr size_t kMaxWaiting = 1000;  // calls of Run
  static constexpr size_t kMaxWaitingAudits = 4;

  // What the timer calls itself; its runs that moved nothing are not kept in the history.
  static constexpr char kTimer[] = "timer";

  // All must outlive the runner.
  SyncRunner(Engine& engine, Auditor& auditor, RunHistory& history, StatusBoard& board, const Clock& clock);

  // Finishes the runs and audits that were asked for.
  ~SyncRunner();

  // The record of the run that served the call, or what stopped it: UNAVAILABLE a server is away, ABORTED
  // locks or another syncer were in the way, FAILED_PRECONDITION or PERMISSION_DENIED somebody must mend a
  // server.
  using RunCallback = std::function<void(const absl::StatusOr<RunRecord>&)>;

  // RESOURCE_EXHAUSTED if too many wait: `callback` is then not called.
  absl::Status Run(std::string requested_by, RunCallback callback);

  // RESOURCE_EXHAUSTED if too many wait: each holds up the runs, and Redis while it adds up the live hash.
  using AuditCallback = std::function<void(const absl::StatusOr<AuditReport>&)>;
  void Audit(const AuditCallback& callback);

 private:
  struct Caller {
    std::string requested_by;
    RunCallback callback;
  };

  void Serve(const std::vector<Caller>& callers);
  absl::StatusOr<RunRecord> RunOnce(const std::vector<Caller>& callers);
  void Keep(RunRecord& run);

  Engine& engine_;
  Auditor& auditor_;
  RunHistory& history_;
  StatusBoard& board_;
  const Clock& clock_;

  ThreadPool thread_;
  Batcher<Caller> batcher_;  // last: drained first
};

}  // namespace readcount
