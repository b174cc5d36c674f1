#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/gate.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

// What became of one or more cases.
struct FaultTally {
  uint64_t cases = 0;
  uint64_t acknowledged = 0;  // views
  uint64_t unknown = 0;       // views whose answer was lost: each may be in MySQL once or not at all
  uint64_t missing = 0;       // views acknowledged that MySQL does not have
  uint64_t surplus = 0;       // views that MySQL has beyond all that were sent
  uint64_t falls = 0;         // counts seen that were lower than one seen before
  std::map<std::string, uint64_t> kills;   // kill -9, by program or server
  std::map<std::string, uint64_t> steps;   // of those, by the step of the protocol at which it happened
  std::map<std::string, uint64_t> others;  // faults that killed nothing, by name

  uint64_t TotalKills() const;
  bool Balanced() const { return missing == 0 && surplus == 0; }
  void Add(const FaultTally& other);
};

// A dozen faults, drawn from a seed, on the real programs and servers under load; afterwards the books of
// MySQL are compared with what was acknowledged. Who may lose its memory is drawn too: Redis alone,
// ArticleService alone, or, with everything on disk, both. Two syncers work at once, all the time.
class FaultCase {
 public:
  explicit FaultCase(uint64_t seed);
  ~FaultCase();

  // Runs the case once. Whatever must not be fails the present test.
  FaultTally Run();

 private:
  enum class Memory { kRedisKeeps, kWriterKeeps, kDiskKeeps };
  using Action = void (FaultCase::*)();

  static std::map<std::string, std::string> Variables(const std::string& spool, Memory memory);
  std::vector<Action> Actions() const;

  void KillArticleService() { Kill(*stack_.article_service, "article-service"); }
  void KillGateway() { Kill(*stack_.gateway, "gateway"); }
  void KillSyncService() { Kill(Syncer(), "sync-service"); }
  void KillSyncServiceAtAStep();
  void KillArticleServiceAtAStep();
  void KillArticleServiceInAnOutage();
  void KillArticleServiceAfterAnOutage();
  void KillArticleServiceInAReplay();
  void KillRedis();
  void KillMariadb();
  void TakeRedisAway();
  void EmptyRedis();
  void PutRedisBack();
  void StopASyncerPastItsLease();
  void ResetConnections();
  void SilenceAHop();

  void Kill(ProgramProcess& program, const std::string& name);
  void Arm(ProgramProcess& program, const std::string& name, const std::string& step, int most_passes);
  void AwaitStep(ProgramProcess& program, const std::string& name, const std::string& step);
  void StopRedis();
  void SpoilTheHash();
  void AwaitViewsWhileItRuns(ProgramProcess& program, uint64_t more);
  ProgramProcess& Syncer() { return random_() % 2 == 0 ? *stack_.sync_service : *standby_; }
  Gate& AnyGate();
  void Judge(Load& load);

  std::mt19937_64 random_;
  const Memory memory_;
  TempDir spool_;
  Gate article_redis_;
  Gate sync_redis_;
  Gate sync_mysql_;
  Stack stack_;
  std::unique_ptr<ProgramProcess> standby_;
  Load* load_ = nullptr;
  bool forgets_what_it_showed_ = false;  // ArticleService was killed while Redis could not be asked
  FaultTally tally_;
};

}  // namespace readcount::testing
