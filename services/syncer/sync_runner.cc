#include "services/syncer/sync_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// Somebody who asked in person is named before the timer.
std::string Requester(const std::vector<std::string>& names) {
  const auto person = std::find_if(names.begin(), names.end(),
                                   [](const std::string& name) { return name != SyncRunner::kTimer; });
  return person == names.end() ? SyncRunner::kTimer : *person;
}

void LogRun(const RunRecord& run) {
  if (!run.succeeded) {
    Log(LogLevel::kWarning, "run_failed",
        {{"error", run.error}, {"articles", run.articles}, {"views", ToText(run.views)}});
  } else if (run.batches > 0) {
    Log(LogLevel::kInfo, "run_finished",
        {{"articles", run.articles},
         {"views", ToText(run.views)},
         {"dead_letters", run.dead_letters},
         {"batches", run.batches},
         {"resumed", run.resumed},
         {"duration", absl::FormatDuration(run.duration)}});
  }
}

// An outcome that is not known will be: the next run reads it from the position.
absl::Status Stopped(const absl::Status& why) {
  return {absl::IsUnknown(why) ? absl::StatusCode::kUnavailable : why.code(),
          absl::StrCat("the run stopped, what it lacks waits in Redis for the next one: ", why.message())};
}

}  // namespace

SyncRunner::SyncRunner(Engine& engine, Auditor& auditor, RunHistory& history, StatusBoard& board,
                       const Clock& clock)
    : engine_(engine),
      auditor_(auditor),
      history_(history),
      board_(board),
      clock_(clock),
      thread_(1),
      batcher_({.max_batch = kMaxWaiting, .max_queued = kMaxWaiting},
               [this](std::vector<Caller> callers, Batcher<Caller>::Done done) {
                 thread_.Post([this, callers = std::move(callers), done = std::move(done)] {
                   Serve(callers);
                   done();
                 });
               }) {}

SyncRunner::~SyncRunner() {
  batcher_.Close();
  batcher_.Drain();
}

absl::Status SyncRunner::Run(std::string requested_by, RunCallback callback) {
  return batcher_.Add({.requested_by = std::move(requested_by), .callback = std::move(callback)});
}

void SyncRunner::Audit(const AuditCallback& callback) {
  const auto audit = [this, callback] {
    const absl::StatusOr<AuditReport> report = auditor_.Audit();
    if (report.ok()) board_.Audited(*report);
    callback(report);
  };
  if (thread_.TryPost(audit, kMaxWaitingAudits)) return;
  callback(absl::ResourceExhaustedError(
      absl::StrCat(kMaxWaitingAudits, " audits or runs wait, which is the limit: try later")));
}

void SyncRunner::Serve(const std::vector<Caller>& callers) {
  const absl::StatusOr<RunRecord> run = RunOnce(callers);
  for (const Caller& caller : callers) caller.callback(run);
}

absl::StatusOr<RunRecord> SyncRunner::RunOnce(const std::vector<Caller>& callers) {
  std::vector<std::string> names;
  names.reserve(callers.size());
  for (const Caller& caller : callers) names.push_back(caller.requested_by);
  RunRecord run{.started_at = clock_.Now(), .requested_by = Requester(names)};
  const absl::Duration start = clock_.Elapsed();
  board_.RunStarted();
  const RunReport report = engine_.Run(board_);
  run.finished_at = clock_.Now();
  run.duration = clock_.Elapsed() - start;
  run.succeeded = report.status.ok();
  run.articles = report.articles;
  run.views = report.views;
  run.dead_letters = report.dead_letters;
  run.batches = report.batches;
  run.resumed = report.resumed;
  run.error = std::string(report.status.message());
  LogRun(run);
  Keep(run);
  board_.RunEnded(run);
  if (run.succeeded) return run;
  return Stopped(report.status);
}

void SyncRunner::Keep(RunRecord& run) {
  const bool idle_tick = run.succeeded && run.batches == 0 && run.requested_by == kTimer;
  if (idle_tick) return;
  const absl::StatusOr<uint64_t> id = history_.Append(run);
  if (id.ok()) {
    run.id = *id;
  } else {
    Log(LogLevel::kWarning, "run_not_kept", {{"error", id.status()}});
  }
}

}  // namespace readcount
