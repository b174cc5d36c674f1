#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"
#include "services/common/ledger/state.h"
#include "services/common/redis/connection.h"

namespace readcount {

// Runs the ledger's scripts on one connection, which it opens when first needed and again after a loss.
// Errors are those of redis::Connection, but NOT_FOUND, for a script that the server has lost is loaded
// again. FAILED_PRECONDITION: the ledger's keys are damaged or hold something else, the message says which
// and what to do; nothing was changed. Not thread-safe.
class RedisSession {
 public:
  explicit RedisSession(RedisSettings settings) : settings_(std::move(settings)) {}

  // Runs a script on the ledger's keys; a fresh life goes before `arguments`.
  absl::StatusOr<redis::Reply> Run(absl::string_view script, const redis::Words& arguments);

  // A name for a life or a batch: not 0.
  uint64_t RandomName();

  // Sends one plain command.
  absl::StatusOr<redis::Reply> Command(const redis::Words& words);

 private:
  absl::Status Connect();
  absl::StatusOr<absl::string_view> Load(absl::string_view script);

  const RedisSettings settings_;
  absl::BitGen random_;
  std::unique_ptr<redis::Connection> connection_;
  std::map<absl::string_view, std::string> loaded_;  // script -> its name on this connection's server
};

// The first three elements of every script's reply. INTERNAL if they are not there.
absl::StatusOr<LedgerState> ParseLedgerState(const redis::Reply& reply, size_t elements);

// Step *abandon*, the same for writers and syncers: ends the life if the ledger still stands at `state` and,
// unless it is none, its sealed batch still bears `sealed_name`. True if this call ended it.
absl::StatusOr<bool> RunAbandon(RedisSession& session, const LedgerState& state,
                                std::optional<uint64_t> sealed_name);

// A reply that is not what the script returns.
absl::Status MalformedReply(absl::string_view step);

}  // namespace readcount
