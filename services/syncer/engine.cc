#include "services/syncer/engine.h"

#include <optional>
#include <utility>

#include "services/common/base/log.h"
#include "services/syncer/batch_run.h"

namespace readcount {

RunReport Engine::Run(RunObserver& observer) {
  RunReport report;
  store_.TakeLease(settings_.lease);
  report.status = MoveBatches(observer, report);
  store_.ReturnLease();
  return report;
}

absl::Status Engine::MoveBatches(RunObserver& observer, RunReport& report) {
  std::optional<LedgerState> first;
  for (;;) {
    observer.OnStep(RunStep::kSeal, first.value_or(LedgerState()));
    const absl::StatusOr<SealReply> sealed = ledger_.Seal();
    if (!sealed.ok()) return sealed.status();
    if (!sealed->batch.has_value()) return absl::OkStatus();
    // Everything counted before the call is in the live hash of the first answer or older. A life that ended
    // meanwhile took its batches along: the new one sets the aim anew.
    if (!first.has_value() || first->life != sealed->state.life) {
      first = sealed->state;
      if (!sealed->resumed) first->epoch = sealed->batch->epoch;
    }
    const SealedBatch& batch = *sealed->batch;
    observer.OnStep(RunStep::kApply, sealed->state);
    const absl::StatusOr<BatchContent> content = ReadBatch(batch);
    if (!content.ok()) return content.status();
    const absl::StatusOr<BatchLedger::Pending> still = ledger_.ReadPending();
    if (!still.ok()) return still.status();
    // Another syncer released the batch, or Redis lost it, while it was read: what was read may be a part of
    // it.
    if (still->state.life != batch.life || still->state.sealed_epoch != batch.epoch) continue;
    observer.OnBatch(content->increments.size(), content->views);
    BatchRun run(settings_, batch, *content, store_, sleeper_, observer, report);
    if (absl::Status status = run.Apply(); !status.ok()) return status;
    observer.OnStep(RunStep::kRelease, sealed->state);
    if (absl::Status status = ledger_.Release(batch.life, batch.epoch); !status.ok()) return status;
    ++report.batches;
    report.resumed = report.resumed || sealed->resumed;
    if (batch.epoch >= first->epoch) return absl::OkStatus();
  }
}

absl::StatusOr<BatchContent> Engine::ReadBatch(const SealedBatch& batch) {
  BatchBuilder builder(batch.fields);
  absl::Status status = ledger_.ReadSealed(
      [&builder](absl::string_view field, absl::string_view value) { builder.Add(field, value); });
  if (!status.ok()) return status;
  return std::move(builder).Build();
}

}  // namespace readcount
