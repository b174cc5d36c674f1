#include "services/syncer/chunk_pipeline.h"

#include <utility>

#include "services/common/base/log.h"

namespace readcount {
namespace {

// A chunk that takes longer to begin waits for somebody's locks, who may wait for those of the chunks behind
// it: a circle that MySQL does not see.
constexpr absl::Duration kLongBegin = absl::Seconds(1);

}  // namespace

void ChunkPipeline::Start(const Chunk& chunk) {
  auto flight = std::make_unique<Flight>();
  flight->chunk = chunk;
  flight->lane = started_++ % lanes_;
  threads_.Post([this, flight = flight.get()] {
    flight->begun = store_.lane(flight->lane).Begin(flight->chunk);
    flight->has_begun.Notify();
  });
  flights_.push_back(std::move(flight));
}

absl::StatusOr<ChunkPipeline::Applied> ChunkPipeline::FinishOldest() {
  const std::unique_ptr<Flight> flight = std::move(flights_.front());
  flights_.pop_front();
  if (absl::Status begun = AwaitBegun(*flight); !begun.ok()) return begun;
  const absl::StatusOr<ChunkOutcome> outcome = store_.lane(flight->lane).Commit();
  if (!outcome.ok()) return outcome.status();
  return Applied{.chunk = flight->chunk, .outcome = *outcome};
}

absl::Status ChunkPipeline::AwaitBegun(const Flight& flight) {
  if (!flight.has_begun.WaitForNotificationWithTimeout(kLongBegin)) RollBack();
  flight.has_begun.WaitForNotification();
  if (!absl::IsUnavailable(flight.begun) || flight.lane == 0) return flight.begun;
  // The server may have no connection to spare: one lane does the work as well.
  Log(LogLevel::kWarning, "lane_given_up", {{"lane", flight.lane}, {"error", flight.begun}});
  lanes_ = 1;
  return absl::AbortedError(flight.begun.message());
}

void ChunkPipeline::RollBack() {
  for (const std::unique_ptr<Flight>& flight : flights_) {
    flight->has_begun.WaitForNotification();
    if (flight->begun.ok()) store_.lane(flight->lane).Rollback();
  }
  flights_.clear();
}

}  // namespace readcount
