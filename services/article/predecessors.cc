#include "services/article/predecessors.h"

#include <utility>

#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"

namespace readcount {

Predecessors::Writer::Writer(const SpooledWriter& left, size_t journal_entries, ViewLedger& ledger,
                             LifeRegistry& registry, Spool& spool)
    : journal(journal_entries),
      ledger_writer(left.writer, left.life, ledger, registry, journal,
                    [&spool, id = left.writer](uint64_t life, const WriterStanding& ended) {
                      return spool.SetLife(id, life, ended);
                    }) {
  std::vector<ViewBatch::Entry> entries;
  for (size_t i = 0; i < left.views.size(); ++i) {
    entries.push_back({.id = left.views[i].id, .views = left.views[i].views});
    last_seq = left.views[i].seq;
    if (i + 1 < left.views.size() && left.views[i + 1].seq == last_seq) continue;
    journal.Append(last_seq, std::exchange(entries, {}));
  }
}

Predecessors::Predecessors(const std::vector<SpooledWriter>& left, size_t journal_entries, bool keep_spooled,
                           ViewLedger& ledger, LifeRegistry& registry, Spool* spool)
    : keep_spooled_(keep_spooled), spool_(spool) {
  for (const SpooledWriter& each : left) {
    writers_.push_back(std::make_unique<Writer>(each, journal_entries, ledger, registry, *spool));
    Log(LogLevel::kWarning, "views_left_in_spool",
        {{"writer", FormatLife(each.writer)}, {"articles", writers_.back()->journal.entries()}});
  }
}

absl::Status Predecessors::CatchUp() {
  for (const auto& writer : writers_) {
    if (absl::Status status = writer->ledger_writer.CatchUp(); !status.ok()) return status;
    // What Redis has need not stay on disk, unless it is to outlive Redis.
    if (!writer->spooled || keep_spooled_) continue;
    FailPoint("article.after_replay");
    const absl::Status dropped = spool_->Drop(writer->ledger_writer.writer(), writer->last_seq);
    writer->spooled = !dropped.ok();
  }
  return absl::OkStatus();
}

bool Predecessors::AreIn(uint64_t life) {
  bool all = true;
  for (const auto& writer : writers_) {
    if (writer->ledger_writer.life() == life) continue;
    writer->ledger_writer.FallOutOfStep();
    all = false;
  }
  return all;
}

void Predecessors::FallOutOfStep() {
  for (const auto& writer : writers_) writer->ledger_writer.FallOutOfStep();
}

bool Predecessors::Trim(uint64_t life, uint64_t writer, const WriterStanding& standing) {
  for (const auto& each : writers_) {
    if (each->ledger_writer.writer() != writer || each->ledger_writer.life() != life) continue;
    each->journal.Trim(standing);
    return true;
  }
  return false;
}

void Predecessors::LetGo() {
  std::erase_if(writers_, [this](const auto& writer) {
    if (!writer->journal.empty()) return false;
    replayed_by_gone_ += writer->ledger_writer.replayed_views();
    breaks_of_gone_ += writer->ledger_writer.history().breaks;
    return true;
  });
}

void Predecessors::AddWriters(std::vector<uint64_t>& writers) const {
  for (const auto& writer : writers_) writers.push_back(writer->ledger_writer.writer());
}

uint64_t Predecessors::spooled_views() const {
  uint64_t views = 0;
  for (const auto& writer : writers_) {
    if (!writer->spooled) continue;
    for (const Journal::Batch& batch : writer->journal.batches()) views += SumViews(batch.entries);
  }
  return views;
}

uint64_t Predecessors::replayed_views() const {
  uint64_t views = replayed_by_gone_;
  for (const auto& writer : writers_) views += writer->ledger_writer.replayed_views();
  return views;
}

uint64_t Predecessors::breaks() const {
  uint64_t breaks = breaks_of_gone_;
  for (const auto& writer : writers_) breaks += writer->ledger_writer.history().breaks;
  return breaks;
}

}  // namespace readcount
