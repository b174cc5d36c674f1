#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/config/settings.h"
#include "services/common/metrics/call_meter.h"
#include "services/common/redis/words.h"

namespace readcount::redis {

// A reply of the server; errors never come as replies but as a Status.
struct Reply {
  enum class Type { kNil, kInteger, kText, kArray };

  Type type = Type::kNil;
  int64_t integer = 0;
  std::string text;
  std::vector<Reply> elements;
};

// All connections and commands of this process.
CallMeter& Meter();

// One blocking connection. Not thread-safe.
//
// Errors: UNAVAILABLE the server was not reached, or answered that it cannot do this now (LOADING, READONLY,
// OOM, MISCONF, BUSY and their like), so nothing was done. UNKNOWN the command was sent and no answer came:
// it may have been done or may yet be; the connection is closed. PERMISSION_DENIED the login failed.
// NOT_FOUND the server does not know the script. FAILED_PRECONDITION any other error of the server.
class Connection {
 public:
  // Connects, logs in and selects the database.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const RedisSettings& settings);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends one command, the words of `head` and then those of `tail`, and waits for its reply,
  // `settings.reply_timeout` at most.
  absl::StatusOr<Reply> Command(const Words& head, const Words& tail = {});

  // False after UNKNOWN: open another one.
  bool usable() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  static absl::StatusOr<std::unique_ptr<Connection>> Connect(const RedisSettings& settings);
  absl::StatusOr<Reply> Send(const Words& head, const Words& tail);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::redis
