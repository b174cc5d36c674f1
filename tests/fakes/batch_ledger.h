#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "services/common/ledger/batch_ledger.h"

namespace readcount {

// Decides before each step of a fake whether it fails, and whether before or after its effect.
struct FaultPlan {
  enum class Kind { kBefore, kAfter };  // UNAVAILABLE without effect; UNKNOWN with effect

  int at = -1;  // the step that fails, counted from 0; -1: none
  Kind kind = Kind::kBefore;
  int steps = 0;

  bool FailsNow() { return steps++ == at; }
};

// The syncer's side of the ledger in memory, with its rules.
class FakeBatchLedger final : public BatchLedger {
 public:
  explicit FakeBatchLedger(FaultPlan& plan) : plan_(plan) {}

  absl::StatusOr<SealReply> Seal() override {
    return Step<SealReply>([this] {
      SealReply reply;
      reply.resumed = state.sealed_epoch != 0;
      if (!reply.resumed && !live.empty()) {
        sealed = std::exchange(live, {});
        state.sealed_epoch = state.epoch++;
        sealed_recorded = std::exchange(live_recorded, 0);
        sealed_name = ++names;
        sealed_writers = writers;
      }
      reply.state = state;
      if (state.sealed_epoch != 0) {
        reply.batch = SealedBatch{.life = state.life,
                                  .epoch = state.sealed_epoch,
                                  .name = sealed_name,
                                  .fields = sealed.size(),
                                  .recorded = sealed_recorded,
                                  .writers = sealed_writers};
      }
      return reply;
    });
  }

  absl::Status ReadSealed(absl::FunctionRef<size_t()> page_fields, Visit visit) override {
    if (plan_.FailsNow()) return absl::UnavailableError("Redis is away");
    size_t left = 0;
    for (const auto& [field, value] : sealed) {
      if (left == 0) pages.push_back(left = page_fields());
      --left;
      visit(field, value);
    }
    // A rehash shows some fields twice.
    if (!sealed.empty()) visit(sealed.begin()->first, sealed.begin()->second);
    if (after_read) std::exchange(after_read, nullptr)();
    return absl::OkStatus();
  }

  absl::Status Release(uint64_t life, uint64_t epoch, uint64_t name) override {
    return Step<int>([&] {
             if (life == state.life && epoch == state.sealed_epoch && name == sealed_name) {
               sealed.clear();
               state.sealed_epoch = 0;
               sealed_recorded = 0;
             }
             return 0;
           })
        .status();
  }

  absl::Status Abandon(const LedgerState& seen, uint64_t name) override {
    return Step<int>([&] {
             if (seen == state && name == sealed_name) {
               live.clear();
               sealed.clear();
               state = {.life = state.life + 1, .epoch = 1};
               live_recorded = sealed_recorded = recorded = 0;
               writers.clear();
             }
             return 0;
           })
        .status();
  }

  absl::StatusOr<LedgerBooks> Books() override {
    if (plan_.FailsNow()) return absl::UnavailableError("Redis is away");
    LedgerBooks books{.state = state,
                      .recorded = recorded,
                      .live_recorded = live_recorded,
                      .sealed_recorded = sealed_recorded};
    for (const auto& [field, value] : live) books.live += std::stoll(value);
    return books;
  }

  absl::StatusOr<Pending> ReadPending() override {
    if (plan_.FailsNow()) return absl::UnavailableError("Redis is away");
    return Pending{.state = state,
                   .fields = live.size() + sealed.size(),
                   .sealed_name = state.sealed_epoch != 0 ? sealed_name : 0,
                   .recorded = recorded};
  }

  // Views by an article service.
  void Record(uint64_t id, int64_t views) {
    std::string& value = live[std::to_string(id)];
    value = std::to_string((value.empty() ? 0 : std::stoll(value)) + views);
    live_recorded += views;
    recorded += views;
  }

  LedgerState state{.life = 7, .epoch = 1};
  std::map<std::string, std::string> live, sealed;
  int64_t live_recorded = 0, sealed_recorded = 0, recorded = 0;
  std::vector<WriterSeq> writers, sealed_writers;
  uint64_t sealed_name = 0, names = 100;
  std::vector<size_t> pages;         // fields of each page that was read
  std::function<void()> after_read;  // what happens, once, right after a batch was read

 private:
  template <typename T, typename Effect>
  absl::StatusOr<T> Step(Effect effect) {
    if (!plan_.FailsNow()) return effect();
    if (plan_.kind == FaultPlan::Kind::kBefore) return absl::UnavailableError("Redis is away");
    effect();
    return absl::UnknownError("the reply was lost");
  }

  FaultPlan& plan_;
};

}  // namespace readcount
