#include "services/syncer/chunk_pipeline.h"

#include <utility>

namespace readcount {

void ChunkPipeline::Start(const Chunk& chunk) {
  auto flight = std::make_unique<Flight>();
  flight->chunk = chunk;
  flight->lane = &store_.lane(started_++ % store_.lanes());
  threads_.Post([flight = flight.get()] {
    flight->begun = flight->lane->Begin(flight->chunk);
    flight->has_begun.Notify();
  });
  flights_.push_back(std::move(flight));
}

absl::StatusOr<ChunkPipeline::Applied> ChunkPipeline::FinishOldest() {
  const std::unique_ptr<Flight> flight = std::move(flights_.front());
  flights_.pop_front();
  flight->has_begun.WaitForNotification();
  if (!flight->begun.ok()) return flight->begun;
  const absl::StatusOr<ChunkOutcome> outcome = flight->lane->Commit();
  if (!outcome.ok()) return outcome.status();
  return Applied{.chunk = flight->chunk, .outcome = *outcome};
}

void ChunkPipeline::RollBack() {
  for (const std::unique_ptr<Flight>& flight : flights_) {
    flight->has_begun.WaitForNotification();
    if (flight->begun.ok()) flight->lane->Rollback();
  }
  flights_.clear();
}

}  // namespace readcount
