#include "services/syncer/engine.h"

#include <optional>
#include <utility>

#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"
#include "services/syncer/batch_run.h"

namespace readcount {
namespace {

// Each time Redis begins a fresh life; more of them in one run mean that something else is wrong.
constexpr uint32_t kMaxAbandoned = 10;

}  // namespace

RunReport Engine::Run(RunObserver& observer) {
  RunReport report;
  pace_.BeginRun();
  store_.TakeLease(settings_.lease);
  report.status = MoveBatches(observer, report);
  store_.ReturnLease();
  return report;
}

absl::Status Engine::MoveBatches(RunObserver& observer, RunReport& report) {
  std::optional<LedgerState> first;
  pace_.Look(ledger_);
  for (;;) {
    observer.OnStep(RunStep::kSeal, first.value_or(LedgerState()));
    const absl::StatusOr<SealReply> sealed = ledger_.Seal();
    if (!sealed.ok()) return sealed.status();
    FailPoint("sync.after_seal");
    if (!sealed->batch.has_value()) return absl::OkStatus();
    // Everything counted before the call is in the live hash of the first answer or older. A life that ended
    // meanwhile took its batches along: the new one sets the aim anew.
    if (!first.has_value() || first->life != sealed->state.life) {
      first = sealed->state;
      if (!sealed->resumed) first->epoch = sealed->batch->epoch;
    }
    const SealedBatch& batch = *sealed->batch;
    observer.OnStep(sealed->resumed ? RunStep::kRecover : RunStep::kApply, sealed->state);
    const absl::StatusOr<BatchContent> content = ReadBatch(batch);
    if (!content.ok()) return content.status();
    FailPoint("sync.after_read");
    const absl::StatusOr<BatchLedger::Pending> still = ledger_.ReadPending();
    if (!still.ok()) return still.status();
    // Another syncer released the batch, or Redis lost it, while it was read: what was read may be a part of
    // it, or of another one that was sealed in its place.
    if (still->state.life != batch.life || still->sealed_name != batch.name) continue;
    observer.OnBatch(content->increments.size(), content->views);
    BatchRun run(settings_, batch, *content, ledger_, store_, lane_threads_, pace_, sleeper_, stopping_,
                 observer, report);
    absl::Status applied = run.Apply();
    if (absl::IsDataLoss(applied)) {
      if (absl::Status status = Abandon(sealed->state, batch, applied, report); !status.ok()) return status;
      continue;
    }
    if (!applied.ok()) return applied;
    observer.OnStep(RunStep::kRelease, sealed->state);
    FailPoint("sync.before_release");
    if (absl::Status status = ledger_.Release(batch.life, batch.epoch, batch.name); !status.ok())
      return status;
    FailPoint("sync.after_release");
    ++report.batches;
    report.resumed = report.resumed || sealed->resumed;
    if (batch.epoch >= first->epoch) return absl::OkStatus();
  }
}

// Only where Redis still holds that very batch: if another syncer has gone on meanwhile, all is well.
absl::Status Engine::Abandon(const LedgerState& state, const SealedBatch& batch, const absl::Status& why,
                             RunReport& report) {
  if (++report.abandoned > kMaxAbandoned) return why;
  absl::Status status = ledger_.Abandon(state, batch.name);
  if (!status.ok()) return status;
  Log(LogLevel::kError, "redis_lost_its_past",
      {{"life", FormatLife(batch.life)}, {"epoch", batch.epoch}, {"reason", why}});
  return absl::OkStatus();
}

absl::StatusOr<BatchContent> Engine::ReadBatch(const SealedBatch& batch) {
  BatchBuilder builder(batch.fields);
  bool first = true;
  const auto page_fields = [&] {
    if (!std::exchange(first, false)) pace_.Rest();
    pace_.Begin();
    return pace_.page_fields();
  };
  absl::Status status = ledger_.ReadSealed(
      page_fields,
      [&builder](absl::string_view field, absl::string_view value) { builder.Add(field, value); });
  if (!status.ok()) return status;
  return std::move(builder).Build();
}

}  // namespace readcount
