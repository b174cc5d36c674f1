#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/str_split.h"
#include "services/common/ledger/redis_batch_ledger.h"
#include "services/common/ledger/redis_view_ledger.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {
namespace {

// An element a line: `:` and a number, `*` and texts between tabs, else a text.
redis::Reply ReadElement(absl::string_view line) {
  redis::Reply element{.type = redis::Reply::Type::kText, .text = std::string(line)};
  if (line.empty()) return element;
  if (line[0] == ':' && absl::SimpleAtoi(line.substr(1), &element.integer)) {
    element.type = redis::Reply::Type::kInteger;
    element.text.clear();
  } else if (line[0] == '*') {
    element.type = redis::Reply::Type::kArray;
    element.text.clear();
    for (absl::string_view text : absl::StrSplit(line.substr(1), '\t')) {
      element.elements.push_back({.type = redis::Reply::Type::kText, .text = std::string(text)});
    }
  }
  return element;
}

void CheckState(const LedgerState& state) {
  fuzz::Require(state.life != 0 && state.epoch != 0 && state.sealed_epoch < state.epoch,
                "a state is one that the ledger can be in");
}

void CheckView(const redis::Reply& reply, const ViewBatch& batch) {
  const absl::StatusOr<ViewReply> parsed = ParseViewReply(reply, batch);
  if (!parsed.ok()) return;
  CheckState(parsed->state);
  fuzz::Require(parsed->counts.size() == (parsed->other_life(batch) ? 0 : batch.entries.size()),
                "there is a count for each entry, or none as the life is another");
}

void CheckSeal(const redis::Reply& reply) {
  const absl::StatusOr<SealReply> parsed = ParseSealReply(reply);
  if (!parsed.ok()) return;
  CheckState(parsed->state);
  fuzz::Require(parsed->batch.has_value() == (parsed->state.sealed_epoch != 0),
                "a batch is named exactly if the ledger has one");
  if (!parsed->batch.has_value()) return;
  fuzz::Require(parsed->batch->life == parsed->state.life && parsed->batch->epoch < parsed->state.epoch,
                "the batch is of this life and over");
  fuzz::Require(parsed->batch->fields <= uint64_t{1} << 63, "a size is not negative");
  fuzz::Require(parsed->batch->writers.size() <= reply.elements[7].elements.size() / 2,
                "writers come in pairs");
}

void CheckBooks(const redis::Reply& reply) {
  const absl::StatusOr<LedgerBooks> parsed = ParseBooksReply(reply);
  if (!parsed.ok()) return;
  CheckState(parsed->state);
  fuzz::Require(parsed->live_fields <= uint64_t{1} << 63, "a size is not negative");
  const auto most = static_cast<absl::int128>(reply.elements[8].elements.size() + 1) << 63;
  fuzz::Require(-most <= parsed->live && parsed->live <= most, "a sum is within that of its numbers");
}

}  // namespace

int FuzzLedgerReply(fuzz::Input input) {
  ViewBatch batch{.life = static_cast<uint64_t>(input.Number())};
  batch.entries.resize(static_cast<uint64_t>(input.Number()) % 8);
  redis::Reply reply{.type = redis::Reply::Type::kArray};
  while (!input.done()) reply.elements.push_back(ReadElement(input.Line()));
  CheckView(reply, batch);
  CheckSeal(reply);
  CheckBooks(reply);
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzLedgerReply({data, size});
}
