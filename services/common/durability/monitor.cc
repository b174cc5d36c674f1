#include "services/common/durability/monitor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

bool Has(const std::vector<Finding>& findings, const Finding& finding) {
  return std::find(findings.begin(), findings.end(), finding) != findings.end();
}

LogLevel LevelOf(FindingSeverity severity) {
  return severity == FindingSeverity::kNotice ? LogLevel::kInfo : LogLevel::kWarning;
}

}  // namespace

DurabilityMonitor::DurabilityMonitor(Settings settings, RedisReader redis, MysqlReader mysql,
                                     const Clock& clock)
    : settings_(settings), clock_(clock) {
  redis_.read = std::move(redis);
  redis_.name = "Redis";
  mysql_.read = std::move(mysql);
  mysql_.name = "MySQL";
  durability_ = JudgeDurability(std::nullopt, std::nullopt, settings_.memory);
}

// True if it was asked.
template <typename Facts>
bool DurabilityMonitor::Ask(Server<Facts>& server, bool answers) {
  const bool answered_before = std::exchange(server.answered, answers);
  if (!answers || (answered_before && clock_.Elapsed() < server.next_time)) return false;
  server.next_time = clock_.Elapsed() + settings_.interval;
  absl::StatusOr<Facts> facts = server.read();
  server.error = facts.ok() ? "" : facts.status().ToString();
  // What it told before is still the best that is known.
  if (facts.ok()) server.facts = *std::move(facts);
  return true;
}

void DurabilityMonitor::Look(bool redis_answers, bool mysql_answers) {
  const bool asked_redis = Ask(redis_, redis_answers);
  const bool asked_mysql = Ask(mysql_, mysql_answers);
  if (!asked_redis && !asked_mysql) return;
  Durability now = JudgeDurability(redis_.facts, mysql_.facts, settings_.memory);
  for (const auto& [name, error] :
       {std::pair(redis_.name, redis_.error), std::pair(mysql_.name, mysql_.error)}) {
    if (error.empty()) continue;
    now.findings.push_back(
        {FindingSeverity::kNotice, absl::StrCat("the settings of ", name,
                                                " could not be read, so it is not known what "
                                                "its death may lose: ",
                                                error)});
  }
  // Somebody is about to bring it, and the program waits for that.
  if (!now.schema_complete) mysql_.next_time = clock_.Elapsed();
  Publish(std::move(now));
}

void DurabilityMonitor::Publish(Durability now) {
  const Durability before = Read();
  if (now.level != before.level) Log(LogLevel::kInfo, "durability_level", {{"level", now.level}});
  for (const Finding& finding : now.findings) {
    if (!Has(before.findings, finding))
      Log(LevelOf(finding.severity), "durability_finding", {{"finding", finding.text}});
  }
  for (const Finding& finding : before.findings) {
    if (!Has(now.findings, finding))
      Log(LogLevel::kInfo, "durability_finding_gone", {{"finding", finding.text}});
  }
  absl::MutexLock lock(&mutex_);
  durability_ = std::move(now);
}

Durability DurabilityMonitor::Read() const {
  absl::MutexLock lock(&mutex_);
  return durability_;
}

}  // namespace readcount
