#include "services/common/ledger/redis_view_ledger.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/ledger/field.h"
#include "services/common/ledger/scripts.h"

namespace readcount {
namespace {

// Takes blank-separated words off the front of a text.
class Words {
 public:
  explicit Words(absl::string_view text) : text_(text) {}

  absl::string_view Next() {
    const size_t end = std::min(text_.find(' '), text_.size());
    const absl::string_view word = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return word;
  }
  bool done() const { return text_.empty(); }

 private:
  absl::string_view text_;
};

// Digits that are no 64-bit number count as nothing: the sync will put them among the dead letters.
int64_t Countable(absl::string_view word) {
  return ParseIncrement(word).value_or(0);
}

// As "entry:views …", entries counted from 1. Most articles of a batch are viewed once, and a word costs
// Redis as much as an addition.
std::string ViewsThatAreNotOne(const std::vector<ViewBatch::Entry>& entries) {
  std::string text;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].views != 1) absl::StrAppend(&text, text.empty() ? "" : " ", i + 1, ":", entries[i].views);
  }
  return text;
}

}  // namespace

void EncodeViewBatch(const ViewBatch& batch, redis::Words& words) {
  words.Add(FormatLife(batch.life)).Add(FormatLife(batch.writer)).Add(batch.seq).Add(batch.after);
  words.Add(SumViews(batch.entries));
  words.Add(batch.seq == 0 ? std::string() : ViewsThatAreNotOne(batch.entries));
  for (const ViewBatch::Entry& entry : batch.entries) words.Add(entry.id);
}

absl::StatusOr<ViewReply> ParseViewReply(const redis::Reply& reply, const ViewBatch& batch) {
  constexpr size_t kElements = 7;
  const absl::StatusOr<LedgerState> state = ParseLedgerState(reply, kElements);
  if (!state.ok()) return state.status();
  ViewReply parsed{.state = *state};
  if (!absl::SimpleAtoi(reply.elements[3].text, &parsed.previous_seq)) return MalformedReply("record");
  if (parsed.other_life(batch)) return parsed;
  parsed.counts.reserve(batch.entries.size());
  Words live(reply.elements[4].text), sealed(reply.elements[5].text), refused(reply.elements[6].text);
  absl::string_view next_refused = refused.Next();
  while (!live.done() && parsed.counts.size() < batch.entries.size()) {
    PendingCount count{.live = Countable(live.Next())};
    if (!sealed.done()) count.sealed = Countable(sealed.Next());
    // The ids that did not fit come in the order of the entries.
    if (!next_refused.empty() && next_refused == absl::StrCat(batch.entries[parsed.counts.size()].id)) {
      count.refused = true;
      next_refused = refused.Next();
    }
    parsed.counts.push_back(count);
  }
  if (parsed.counts.size() != batch.entries.size() || !live.done() || !sealed.done() || !next_refused.empty())
    return MalformedReply("record");
  return parsed;
}

absl::StatusOr<ViewReply> RedisViewLedger::Record(const ViewBatch& batch) {
  arguments_.clear();
  EncodeViewBatch(batch, arguments_);
  const absl::StatusOr<redis::Reply> reply = session_.Run(kRecordScript, arguments_);
  if (!reply.ok()) return reply.status();
  const bool adds = batch.seq != 0;
  if (absl::Status status = adds ? WaitForReplicas() : absl::OkStatus(); !status.ok()) return status;
  return ParseViewReply(*reply, batch);
}

absl::Status RedisViewLedger::WaitForReplicas() {
  if (settings_.wait_replicas == 0) return absl::OkStatus();
  // The server must answer before the client gives it up.
  const int64_t most = absl::ToInt64Milliseconds(settings_.reply_timeout) / 2;
  const std::string replicas = absl::StrCat(settings_.wait_replicas),
                    timeout = absl::StrCat(std::max<int64_t>(most, 1));
  const absl::StatusOr<redis::Reply> reply = session_.Command({"WAIT", replicas, timeout});
  if (!reply.ok()) return absl::UnknownError(reply.status().message());
  if (reply->integer >= settings_.wait_replicas) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("Redis: ", reply->integer, " of ", settings_.wait_replicas,
                                         " replicas (redis.wait_replicas) have the views"));
}

absl::Status RedisViewLedger::Abandon(const LedgerState& state) {
  return RunAbandon(session_, state, std::nullopt).status();
}

}  // namespace readcount
