#include "services/common/ledger/redis_session.h"

#include <charconv>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/ledger/scripts.h"

namespace readcount {

absl::Status RedisSession::Connect() {
  if (connection_ != nullptr && connection_->usable()) return absl::OkStatus();
  connection_.reset();
  loaded_.clear();
  absl::StatusOr<std::unique_ptr<redis::Connection>> connection = redis::Connection::Open(settings_);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> RedisSession::Load(absl::string_view script) {
  std::string& name = loaded_[script];
  if (!name.empty()) return name;
  absl::StatusOr<redis::Reply> reply = Command({"SCRIPT", "LOAD", script});
  // Loading changes nothing that counts, so its loss is no unknown outcome.
  if (absl::IsUnknown(reply.status())) return absl::UnavailableError(reply.status().message());
  if (!reply.ok()) return reply.status();
  name = reply->text;
  return name;
}

uint64_t RedisSession::RandomName() {
  return absl::Uniform<uint64_t>(random_, 1, std::numeric_limits<uint64_t>::max());
}

absl::StatusOr<redis::Reply> RedisSession::Command(const redis::Words& words) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  return connection_->Command(words);
}

absl::StatusOr<redis::Reply> RedisSession::Run(absl::string_view script, const redis::Words& arguments) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  const std::string fresh_life = FormatLife(RandomName());
  // Twice at most: a server that was restarted or failed over does not know the script, and did nothing.
  for (const bool last_try : {false, true}) {
    const absl::StatusOr<absl::string_view> name = Load(script);
    if (!name.ok()) return name.status();
    const redis::Words call = {"EVALSHA",   *name,     "6",         kLiveKey,
                               kSealedKey,  kMetaKey,  kWritersKey, kSealedWritersKey,
                               kOrphansKey, fresh_life};
    absl::StatusOr<redis::Reply> reply = connection_->Command(call, arguments);
    if (!absl::IsNotFound(reply.status()) || last_try) return reply;
    loaded_.clear();
  }
  return absl::InternalError("unreachable");
}

absl::StatusOr<LedgerState> ParseLedgerState(const redis::Reply& reply, size_t elements) {
  LedgerState state;
  if (reply.type != redis::Reply::Type::kArray || reply.elements.size() != elements)
    return MalformedReply("script");
  const std::string& life = reply.elements[0].text;
  const auto [end, error] = std::from_chars(life.data(), life.data() + life.size(), state.life, 16);
  if (error != std::errc() || end != life.data() + life.size() || life.size() != 16 || state.life == 0 ||
      !absl::SimpleAtoi(reply.elements[1].text, &state.epoch) || state.epoch == 0 ||
      !absl::SimpleAtoi(reply.elements[2].text, &state.sealed_epoch) || state.sealed_epoch >= state.epoch) {
    return absl::FailedPreconditionError(absl::StrCat(
        "Redis: ", kMetaKey, " is damaged: life '", life, "', epoch '", reply.elements[1].text,
        "', sealed_epoch '", reply.elements[2].text, "': restore it from a backup of the same moment"));
  }
  return state;
}

absl::StatusOr<bool> RunAbandon(RedisSession& session, const LedgerState& state,
                                std::optional<uint64_t> sealed_name) {
  constexpr size_t kElements = 4;
  const absl::StatusOr<redis::Reply> reply = session.Run(
      kAbandonScript, {FormatLife(state.life), absl::StrCat(state.epoch), absl::StrCat(state.sealed_epoch),
                       sealed_name.has_value() ? FormatLife(*sealed_name) : std::string("*")});
  if (!reply.ok()) return reply.status();
  if (absl::StatusOr<LedgerState> now = ParseLedgerState(*reply, kElements); !now.ok()) return now.status();
  return reply->elements[3].integer == 1;
}

absl::Status MalformedReply(absl::string_view step) {
  return absl::InternalError(absl::StrCat("Redis: unexpected reply to ", step));
}

}  // namespace readcount
