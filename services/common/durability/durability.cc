#include "services/common/durability/durability.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace readcount {
namespace {

constexpr int kLeastMysqlMajor = 8;
constexpr int kLeastMariadbMajor = 10;
constexpr int kLeastMariadbMinor = 6;

template <typename Map>
std::string Get(const Map& from, absl::string_view name) {
  const auto found = from.find(name);
  return found == from.end() ? std::string() : found->second;
}

bool IsOn(absl::string_view value) {
  return value == "1" || absl::EqualsIgnoreCase(value, "ON") || absl::EqualsIgnoreCase(value, "yes");
}

int64_t ToNumber(absl::string_view text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

class Findings {
 public:
  // Behind those that are as grave or graver.
  template <typename... Parts>
  void Add(FindingSeverity severity, const Parts&... parts) {
    const auto place = std::upper_bound(
        findings_.begin(), findings_.end(), severity,
        [](FindingSeverity wanted, const Finding& other) { return wanted > other.severity; });
    findings_.insert(place, {severity, absl::StrCat(parts...)});
  }

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

// What a death of Redis may take.
struct RedisLoss {
  bool none = false;
  std::string level;
  std::string finding;  // empty if there is nothing to set
};

RedisLoss LossWithoutAof(const RedisFacts& facts) {
  const bool told = facts.config.contains("save");
  const std::string save = Get(facts.config, "save");
  if (told && !save.empty()) {
    return {.level = "all views since Redis' last snapshot that are not in MySQL may be lost if Redis dies",
            .finding = absl::StrCat("appendonly is no and save is '", save,
                                    "': when Redis dies, views since its last snapshot are lost and older "
                                    "ones come back: set appendonly yes and appendfsync always")};
  }
  return {.level = "all views that are not in MySQL may be lost if Redis dies",
          .finding = absl::StrCat(
              "appendonly is no", told ? " and save is ''" : "",
              ": when Redis dies, all views that are not in MySQL may be lost: set appendonly yes and "
              "appendfsync always")};
}

RedisLoss LossWithAof(const RedisFacts& facts) {
  const std::string fsync = Get(facts.config, "appendfsync");
  if (fsync == "always" && IsOn(Get(facts.config, "no-appendfsync-on-rewrite"))) {
    return {
        .level = "views survive Redis' death, but for those of the last 30 seconds while it rewrites its AOF",
        .finding =
            "no-appendfsync-on-rewrite is yes: while the AOF is rewritten, the last 30 seconds may "
            "be lost if the machine dies: set no-appendfsync-on-rewrite no"};
  }
  if (fsync == "always") return {.none = true, .level = "views survive Redis' death"};
  if (fsync == "everysec") {
    return {.level = "the last second of views may be lost if Redis dies",
            .finding =
                "appendfsync is everysec: when Redis or its machine dies, the last second of views, two "
                "when the disk is slow, may be lost: set appendfsync always"};
  }
  if (fsync == "no") {
    return {.level = "the last 30 seconds of views may be lost if Redis' machine dies",
            .finding =
                "appendfsync is no: when Redis' machine dies, what the kernel had not written, about 30 "
                "seconds of views, may be lost: set appendfsync always"};
  }
  return {.level = "views are in Redis' AOF, but it is not known how soon they are on its disk"};
}

std::optional<bool> Aof(const RedisFacts& facts) {
  if (const std::string told = Get(facts.config, "appendonly"); !told.empty()) return IsOn(told);
  if (const std::string told = Get(facts.info, "aof_enabled"); !told.empty()) return IsOn(told);
  return std::nullopt;
}

RedisLoss Loss(const RedisFacts& facts) {
  const std::optional<bool> aof = Aof(facts);
  if (!aof.has_value()) return {.level = "what Redis keeps when it dies is not known"};
  return *aof ? LossWithAof(facts) : LossWithoutAof(facts);
}

// Of a setting that INFO tells as well, under another name.
std::string GetEither(const RedisFacts& facts, absl::string_view config, absl::string_view info) {
  const std::string told = Get(facts.config, config);
  return told.empty() ? Get(facts.info, info) : told;
}

bool MayThrowAway(const RedisFacts& facts) {
  return absl::StartsWith(GetEither(facts, "maxmemory-policy", "maxmemory_policy"), "allkeys-");
}

void JudgeEviction(const RedisFacts& facts, Findings& findings) {
  const std::string policy = GetEither(facts, "maxmemory-policy", "maxmemory_policy");
  if (policy.empty() || policy == "noeviction") return;
  const std::string limit = GetEither(facts, "maxmemory", "maxmemory");
  const std::string settings =
      absl::StrCat("maxmemory-policy is ", policy, " and maxmemory is ", limit.empty() ? "not known" : limit);
  if (!MayThrowAway(facts)) {
    findings.Add(
        FindingSeverity::kNotice, settings,
        ": it spares keys without an expiry, which those of the counts are; a key that somebody gives "
        "one may be thrown away with its views: set maxmemory-policy noeviction");
    return;
  }
  // 0 is no limit, until somebody sets one.
  const bool now = ToNumber(limit) != 0 || limit.empty();
  findings.Add(now ? FindingSeverity::kError : FindingSeverity::kWarning, settings, ": ",
               now ? "when memory is full" : "once maxmemory is set and memory is full",
               ", Redis throws away the views of all articles at once: set maxmemory-policy noeviction");
}

void JudgeReplication(const RedisFacts& facts, Findings& findings) {
  const std::string role = Get(facts.info, "role");
  if (role == "slave") {
    findings.Add(FindingSeverity::kError,
                 "role is slave: this Redis is a replica, which refuses views, or loses them when it follows "
                 "its master again: name the master in redis.dsn");
    return;
  }
  const int64_t connected = ToNumber(Get(facts.info, "connected_slaves"));
  const int64_t wanted = ToNumber(Get(facts.config, "min-replicas-to-write"));
  if (wanted > connected) {
    findings.Add(FindingSeverity::kError, "min-replicas-to-write is ", wanted, " and ", connected,
                 " replicas are connected: Redis refuses every view: bring the replicas back, or lower "
                 "min-replicas-to-write");
  } else if (connected > 0 && wanted == 0 && facts.config.contains("min-replicas-to-write")) {
    findings.Add(FindingSeverity::kNotice, "min-replicas-to-write is 0 with ", connected,
                 " replicas connected: a failover may lose the views that no replica had yet: set "
                 "min-replicas-to-write 1");
  }
}

void JudgeRedis(const RedisFacts& facts, Findings& findings) {
  const RedisLoss loss = Loss(facts);
  if (!facts.config_refused.empty()) {
    findings.Add(FindingSeverity::kNotice, "CONFIG GET is refused (", facts.config_refused,
                 "): not all settings of Redis that views depend on are known: allow it (ACL SETUSER <user> "
                 "+config|get), or see to appendfsync always and maxmemory-policy noeviction yourself");
  }
  if (!loss.finding.empty()) findings.Add(FindingSeverity::kWarning, loss.finding);
  JudgeEviction(facts, findings);
  JudgeReplication(facts, findings);
}

void JudgeFlush(const MysqlFacts& facts, Findings& findings) {
  const std::string flush = Get(facts.variables, "innodb_flush_log_at_trx_commit");
  if (!flush.empty() && flush != "1" && flush != "3") {
    findings.Add(FindingSeverity::kWarning, "innodb_flush_log_at_trx_commit is ", flush, ": when ",
                 flush == "0" ? "MySQL" : "MySQL's machine",
                 " dies, the last second of applied views may be lost, which Redis has dropped already: set "
                 "innodb_flush_log_at_trx_commit = 1");
  }
  const std::string sync = Get(facts.variables, "sync_binlog");
  if (IsOn(Get(facts.variables, "log_bin")) && !sync.empty() && sync != "1") {
    findings.Add(FindingSeverity::kWarning, "sync_binlog is ", sync,
                 " with log_bin on: when MySQL's machine dies, commits that are not in the binary log may be "
                 "undone, or its replicas lack them: set sync_binlog = 1");
  }
}

bool IsOldVersion(absl::string_view version) {
  const size_t dot = version.find('.');
  if (dot == absl::string_view::npos) return false;
  const int64_t major = ToNumber(version.substr(0, dot));
  const absl::string_view rest = version.substr(dot + 1);
  const int64_t minor = ToNumber(rest.substr(0, rest.find('.')));
  if (!absl::StrContains(version, "MariaDB")) return major < kLeastMysqlMajor;
  return major < kLeastMariadbMajor || (major == kLeastMariadbMajor && minor < kLeastMariadbMinor);
}

void JudgeSchema(const MysqlFacts& facts, Findings& findings) {
  for (const std::string& migration : facts.missing_migrations) {
    findings.Add(FindingSeverity::kError, "schema: migration ", migration,
                 " is missing: what needs it fails until it is there: run readcount migrate");
  }
  if (!facts.unknown_migration.empty()) {
    findings.Add(FindingSeverity::kNotice, "schema: migration ", facts.unknown_migration,
                 " is newer than this program: replace it by the version that the database is for");
  }
}

void JudgeMysql(const MysqlFacts& facts, Findings& findings) {
  JudgeFlush(facts, findings);
  for (const absl::string_view name : {"super_read_only", "read_only"}) {
    const std::string value = Get(facts.variables, name);
    if (value.empty() || value == "0" || absl::EqualsIgnoreCase(value, "OFF")) continue;
    findings.Add(FindingSeverity::kError, name, " is ", value,
                 ": views stay in Redis, for MySQL refuses them: name the primary in mysql.dsn, or set ",
                 name, " = OFF");
    break;
  }
  if (const std::string version = Get(facts.variables, "version"); IsOldVersion(version)) {
    findings.Add(FindingSeverity::kError, "version is ", version,
                 ": views cannot be applied by it: use MySQL 8.0 or MariaDB 10.6 or later");
  }
  JudgeSchema(facts, findings);
}

absl::string_view Cover(WriterMemory memory) {
  switch (memory) {
    case WriterMemory::kDisk:
      return "ArticleService keeps its views in article.spool until MySQL has them and records them again, "
             "even after it was killed itself; increments by others (HINCRBY) have Redis alone";
    case WriterMemory::kProcess:
      return "ArticleService remembers its views until MySQL has them and records them again, unless it is "
             "killed too (article.spool_keeps: everything covers that); increments by others (HINCRBY) have "
             "Redis alone";
    case WriterMemory::kUnknown:
      return "an article service that lives on records again what it remembers (its own GetStatus says how); "
             "increments by others (HINCRBY) have Redis alone";
  }
  return "";
}

std::string Level(const std::optional<RedisFacts>& redis, WriterMemory memory) {
  if (!redis.has_value()) return "not known: Redis has not been reached yet";
  const RedisLoss loss = Loss(*redis);
  const absl::string_view evicted =
      MayThrowAway(*redis) ? ", and any views may be thrown away when Redis' memory is full" : "";
  if (loss.none && evicted.empty()) return loss.level;
  return absl::StrCat(loss.level, evicted, "; ", Cover(memory));
}

}  // namespace

Durability JudgeDurability(const std::optional<RedisFacts>& redis, const std::optional<MysqlFacts>& mysql,
                           WriterMemory memory) {
  Findings findings;
  if (redis.has_value()) JudgeRedis(*redis, findings);
  if (mysql.has_value()) JudgeMysql(*mysql, findings);
  return {.level = Level(redis, memory),
          .findings = findings.Take(),
          .schema_complete = !mysql.has_value() || mysql->missing_migrations.empty()};
}

}  // namespace readcount
