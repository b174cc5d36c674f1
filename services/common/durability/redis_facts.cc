#include "services/common/durability/redis_facts.h"

#include <memory>
#include <utility>

#include "absl/strings/str_split.h"
#include "services/common/redis/connection.h"

namespace readcount {
namespace {

constexpr absl::string_view kSettings[] = {
    "appendonly", "appendfsync",      "no-appendfsync-on-rewrite", "save",
    "maxmemory",  "maxmemory-policy", "min-replicas-to-write"};

void ReadInfo(absl::string_view text, RedisFacts& facts) {
  for (const absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\r\n"), absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    facts.info.emplace(field.first, field.second);
  }
}

}  // namespace

absl::StatusOr<RedisFacts> ReadRedisFacts(const RedisSettings& settings) {
  absl::StatusOr<std::unique_ptr<redis::Connection>> connection = redis::Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  RedisFacts facts;
  const absl::StatusOr<redis::Reply> info = (*connection)->Command({"INFO"});
  if (info.ok()) ReadInfo(info->text, facts);
  for (const absl::string_view name : kSettings) {
    if (!(*connection)->usable()) return absl::UnavailableError("the connection to Redis broke");
    // One by one: only Redis 7 takes several names.
    const absl::StatusOr<redis::Reply> reply = (*connection)->Command({"CONFIG", "GET", name});
    if (absl::IsPermissionDenied(reply.status()) || absl::IsFailedPrecondition(reply.status())) {
      facts.config_refused = std::string(reply.status().message());
      break;
    }
    if (!reply.ok()) return reply.status();
    if (reply->elements.size() == 2) facts.config.emplace(name, reply->elements[1].text);
  }
  return facts;
}

}  // namespace readcount
