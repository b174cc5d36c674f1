#include "services/common/ledger/redis_batch_ledger.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/ledger/field.h"
#include "services/common/ledger/scripts.h"

namespace readcount {
namespace {

// The sum of the live hash from the script's two parts.
absl::StatusOr<WideViews> SumLive(const std::string& short_sum, const redis::Reply& great) {
  int64_t base = 0;
  if (!absl::SimpleAtoi(short_sum, &base)) return MalformedReply("books");
  WideViews sum = base;
  for (const redis::Reply& pair : great.elements) {
    const size_t blank = std::min(pair.text.find(' '), pair.text.size() - 1);
    const bool is_article = ParseArticleId(absl::string_view(pair.text).substr(0, blank)).has_value();
    if (is_article) sum += ParseIncrement(absl::string_view(pair.text).substr(blank + 1)).value_or(0);
  }
  return sum;
}

// The writers of a sealed batch: pairs of a name and "seq:time". What else somebody put there is no writer's.
std::vector<WriterSeq> ParseWriters(const std::vector<redis::Reply>& pairs) {
  std::vector<WriterSeq> writers;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    WriterSeq writer;
    const absl::string_view seq = absl::string_view(pairs[i + 1].text).substr(0, pairs[i + 1].text.find(':'));
    if (absl::SimpleHexAtoi(pairs[i].text, &writer.writer) && absl::SimpleAtoi(seq, &writer.seq)) {
      writers.push_back(writer);
    }
  }
  return writers;
}

}  // namespace

absl::StatusOr<SealReply> ParseSealReply(const redis::Reply& reply) {
  constexpr size_t kElements = 8;
  const absl::StatusOr<LedgerState> state = ParseLedgerState(reply, kElements);
  if (!state.ok()) return state.status();
  SealReply parsed{.state = *state};
  if (state->sealed_epoch == 0) return parsed;
  SealedBatch batch{.life = state->life, .epoch = state->sealed_epoch};
  batch.fields = static_cast<uint64_t>(reply.elements[3].integer);
  if (reply.elements[3].integer < 0 || !absl::SimpleAtoi(reply.elements[4].text, &batch.recorded) ||
      !absl::SimpleHexAtoi(reply.elements[6].text, &batch.name)) {
    return MalformedReply("seal");
  }
  batch.writers = ParseWriters(reply.elements[7].elements);
  parsed.batch = std::move(batch);
  parsed.resumed = reply.elements[5].integer == 1;
  return parsed;
}

absl::StatusOr<LedgerBooks> ParseBooksReply(const redis::Reply& reply) {
  constexpr size_t kElements = 9;
  const absl::StatusOr<LedgerState> state = ParseLedgerState(reply, kElements);
  if (!state.ok()) return state.status();
  const std::vector<redis::Reply>& elements = reply.elements;
  LedgerBooks books{.state = *state};
  if (!absl::SimpleAtoi(elements[3].text, &books.recorded) ||
      !absl::SimpleAtoi(elements[4].text, &books.live_recorded) ||
      !absl::SimpleAtoi(elements[5].text, &books.sealed_recorded) || elements[6].integer < 0) {
    return MalformedReply("books");
  }
  books.live_fields = static_cast<uint64_t>(elements[6].integer);
  const absl::StatusOr<WideViews> live = SumLive(elements[7].text, elements[8]);
  if (!live.ok()) return live.status();
  books.live = *live;
  return books;
}

absl::StatusOr<redis::Reply> RedisBatchLedger::Run(absl::string_view script, const redis::Words& arguments) {
  absl::StatusOr<redis::Reply> reply = session_.Run(script, arguments);
  return absl::IsUnknown(reply.status()) ? session_.Run(script, arguments) : reply;
}

absl::StatusOr<SealReply> RedisBatchLedger::Seal() {
  const absl::StatusOr<redis::Reply> reply = Run(kSealScript, {FormatLife(session_.RandomName())});
  if (!reply.ok()) return reply.status();
  return ParseSealReply(*reply);
}

absl::Status RedisBatchLedger::ReadSealed(absl::FunctionRef<size_t()> page_fields, Visit visit) {
  std::string cursor = "0";
  do {
    const absl::StatusOr<redis::Reply> reply =
        session_.Command({"HSCAN", kSealedKey, cursor, "COUNT", absl::StrCat(page_fields())});
    // A read that was lost has changed nothing.
    if (absl::IsUnknown(reply.status())) return absl::UnavailableError(reply.status().message());
    if (!reply.ok()) return reply.status();
    if (reply->elements.size() != 2 || reply->elements[1].elements.size() % 2 != 0)
      return MalformedReply("HSCAN");
    const std::vector<redis::Reply>& page = reply->elements[1].elements;
    for (size_t i = 0; i < page.size(); i += 2) visit(page[i].text, page[i + 1].text);
    cursor = reply->elements[0].text;
  } while (cursor != "0");
  return absl::OkStatus();
}

absl::Status RedisBatchLedger::Release(uint64_t life, uint64_t epoch, uint64_t name) {
  return Run(kReleaseScript, {FormatLife(life), absl::StrCat(epoch), FormatLife(name)}).status();
}

absl::Status RedisBatchLedger::Abandon(const LedgerState& state, uint64_t sealed_name) {
  absl::Status status = RunAbandon(session_, state, sealed_name).status();
  return absl::IsUnknown(status) ? RunAbandon(session_, state, sealed_name).status() : status;
}

absl::StatusOr<LedgerBooks> RedisBatchLedger::Books() {
  const absl::StatusOr<redis::Reply> reply = Run(kBooksScript, {});
  if (!reply.ok()) return reply.status();
  return ParseBooksReply(*reply);
}

absl::StatusOr<BatchLedger::Pending> RedisBatchLedger::ReadPending() {
  constexpr size_t kElements = 6;
  const absl::StatusOr<redis::Reply> reply = Run(kPendingScript, {});
  if (!reply.ok()) return reply.status();
  const absl::StatusOr<LedgerState> state = ParseLedgerState(*reply, kElements);
  if (!state.ok()) return state.status();
  if (reply->elements[3].integer < 0) return MalformedReply("pending");
  Pending pending{.state = *state, .fields = static_cast<uint64_t>(reply->elements[3].integer)};
  const std::string& name = reply->elements[4].text;
  if (!name.empty() && !absl::SimpleHexAtoi(name, &pending.sealed_name)) return MalformedReply("pending");
  // Only a hint of the traffic: what is no number there is for the audit to tell.
  if (!absl::SimpleAtoi(reply->elements[5].text, &pending.recorded)) pending.recorded = 0;
  return pending;
}

}  // namespace readcount
