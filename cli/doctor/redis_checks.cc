#include "cli/doctor/redis_checks.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/doctor/server_checks.h"
#include "services/common/durability/redis_facts.h"
#include "services/common/ledger/scripts.h"
#include "services/common/redis/connection.h"

namespace readcount::cli {
namespace {

// COPY, which step record needs, is there since 6.2.
constexpr int kLeastMajor = 6, kLeastMinor = 2;

// What the steps of the protocol (services/common/ledger/lua) call, with words that the server's check of
// permissions accepts; "?" stands for a key. One line each.
constexpr absl::string_view kCommands =
    "HINCRBY ? 1 1\nHGET ? 1\nHMGET ? 1\nHSET ? 1 1\nHDEL ? 1\nHLEN ?\nHGETALL ?\nHSCAN ? 0\nEXISTS ?\nTYPE "
    "?\n"
    "RENAME ? ?\nCOPY ? ?\nUNLINK ?\nTIME";

// Tells which of the commands of ARGV[1] the user may not call on some of the keys; before Redis 7, where a
// script cannot ask, tries one that reads. Runs with all keys that the programs use.
constexpr absl::string_view kAskPermissions = R"lua(
local denied = {}
for line in string.gmatch(ARGV[1], '[^\n]+') do
  for _, key in ipairs(KEYS) do
    local words = {}
    for word in string.gmatch(line, '%S+') do words[#words + 1] = word == '?' and key or word end
    local allowed
    if redis.acl_check_cmd then
      allowed = redis.acl_check_cmd(unpack(words))
    else
      allowed = words[1] ~= 'HLEN' or type(redis.pcall('HLEN', key)) == 'number'
    end
    if not allowed then denied[#denied + 1] = words[1] .. ' ' .. key; break end
  end
end
return denied
)lua";

void CheckVersion(const RedisFacts& facts, Diagnoses& found) {
  const auto told = facts.info.find("redis_version");
  if (told == facts.info.end()) {
    return found.Warn("redis.version", "Redis does not tell its version, for INFO is not allowed",
                      absl::StrCat("see to it that it is ", kLeastMajor, ".", kLeastMinor,
                                   " or later, or allow INFO (ACL SETUSER <user> +info)"));
  }
  const std::vector<std::string> parts = absl::StrSplit(told->second, '.');
  int major = 0, minor = 0;
  const bool sound =
      parts.size() > 1 && absl::SimpleAtoi(parts[0], &major) && absl::SimpleAtoi(parts[1], &minor);
  const std::string seen = "Redis is " + told->second;
  if (sound && (major > kLeastMajor || (major == kLeastMajor && minor >= kLeastMinor)))
    return found.Ok("redis.version", seen);
  found.Problem("redis.version", seen,
                absl::StrCat("use Redis ", kLeastMajor, ".", kLeastMinor, " or later: views need its COPY"));
}

WriterMemory MemoryOf(const ArticleSettings& article) {
  return !article.spool.empty() && article.spool_keeps_journal ? WriterMemory::kDisk : WriterMemory::kProcess;
}

void CheckReplicas(const RedisFacts& facts, int wanted, Diagnoses& found) {
  const auto told = facts.info.find("connected_slaves");
  int connected = 0;
  if (wanted == 0 || told == facts.info.end() || !absl::SimpleAtoi(told->second, &connected)) return;
  const std::string seen =
      absl::StrCat("redis.wait_replicas is ", wanted, " and ", connected, " are connected");
  if (connected >= wanted) return found.Ok("redis.replicas", seen);
  found.Problem("redis.replicas", seen + ": no view is acknowledged",
                "connect the replicas, or lower redis.wait_replicas");
}

void CheckPermissions(redis::Connection& connection, Diagnoses& found) {
  const std::string orphans = absl::StrCat(kOrphansKey, ":doctor");
  redis::Words call{"EVAL",      kAskPermissions,   "6",     kLiveKey, kSealedKey, kMetaKey,
                    kWritersKey, kSealedWritersKey, orphans, kCommands};
  const absl::StatusOr<redis::Reply> reply = connection.Command(call);
  const std::string to_do =
      absl::StrCat("allow the user what it needs: ACL SETUSER <user> ~", kLiveKey, " ~{", kLiveKey,
                   "}:* +@read +@write +@scripting +@connection +info +time +wait +config|get");
  if (!reply.ok()) {
    return found.Problem("redis.permissions", absl::StrCat("a script is refused: ", reply.status().message()),
                         to_do);
  }
  std::vector<std::string> denied;
  for (const redis::Reply& line : reply->elements) denied.push_back(line.text);
  if (denied.empty())
    return found.Ok("redis.permissions", "the user may call what is needed on all keys that are needed");
  found.Problem("redis.permissions", absl::StrCat("the user may not call ", absl::StrJoin(denied, ", ")),
                to_do);
}

void CheckClock(redis::Connection& connection, const Clock& clock, Diagnoses& found) {
  const absl::Time asked = clock.Now();
  const absl::StatusOr<redis::Reply> reply = connection.Command({"TIME"});
  const absl::Time answered = clock.Now();
  int64_t seconds = 0, micros = 0;
  if (!reply.ok() || reply->elements.size() != 2 || !absl::SimpleAtoi(reply->elements[0].text, &seconds) ||
      !absl::SimpleAtoi(reply->elements[1].text, &micros)) {
    return found.Warn("redis.clock", "Redis does not tell its time", "allow TIME (ACL SETUSER <user> +time)");
  }
  JudgeClock("redis.clock", "Redis", absl::FromUnixSeconds(seconds) + absl::Microseconds(micros), asked,
             answered, found);
}

void CheckPassword(const Dsn& dsn, Diagnoses& found) {
  const bool local = !dsn.socket.empty() || IsOfThisMachine(dsn.host);
  if (!dsn.password.empty() || local) return;
  found.Warn("redis.password", absl::StrCat("Redis at ", dsn.ForDisplay(), " asks for no password"),
             "set one (requirepass or ACL SETUSER), and put it into redis.dsn: whoever reaches it may change "
             "counts");
}

}  // namespace

void CheckRedis(const Settings& settings, const Clock& clock, Diagnoses& found) {
  if (settings.redis.dsn_text.empty()) {
    return found.Problem("redis", settings.Where("redis.dsn") + " is empty",
                         "name the server: redis://:password@host:6379/0");
  }
  const absl::StatusOr<RedisFacts> facts = ReadRedisFacts(settings.redis);
  absl::StatusOr<std::unique_ptr<redis::Connection>> connection = redis::Connection::Open(settings.redis);
  if (!facts.ok() || !connection.ok()) {
    const absl::Status& status = connection.ok() ? facts.status() : connection.status();
    return found.Problem("redis", std::string(status.message()),
                         absl::StrCat("correct ", settings.Where("redis.dsn"), ", or start Redis"));
  }
  found.Ok("redis", absl::StrCat("Redis at ", settings.redis.dsn.ForDisplay(), " answers"));
  CheckVersion(*facts, found);
  JudgeSettings("redis.settings", "Redis keeps what it is given",
                JudgeDurability(*facts, std::nullopt, MemoryOf(settings.article)), found);
  CheckReplicas(*facts, settings.redis.wait_replicas, found);
  CheckPermissions(**connection, found);
  CheckPassword(settings.redis.dsn, found);
  CheckClock(**connection, clock, found);
}

}  // namespace readcount::cli
