#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/ledger/scripts.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/gate_routes.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

// A request at which the outcome is unknown to the program: the server did it, or never heard of it.
class LossTest : public ::testing::TestWithParam<bool> {
 protected:
  LossTest() {
    RestartWith(*stack_.article_service, "READCOUNT_REDIS_DSN", RedisDsn(article_redis_));
    RestartWith(*stack_.sync_service, "READCOUNT_REDIS_DSN", RedisDsn(sync_redis_));
    RestartWith(*stack_.sync_service, "READCOUNT_MYSQL_DSN", MysqlDsn(sync_mysql_));
  }

  // The call of a script, as it stands in a request.
  static std::string Call(absl::string_view script) {
    return SharedRedis().Command({"SCRIPT", "LOAD", std::string(script)}).text;
  }

  // Under load, again and again: at the first, the second and the third request of that kind from then on.
  void LoseUnderLoad(Gate& gate, const std::string& pattern) {
    Load load(stack_.gateway->address(), 4, 200);
    for (int nth = 1; nth <= 3; ++nth) {
      load.AwaitViews(100);
      SharedRedis().Command({"HSET", "article_sys:read_count:hash", "no id", "1"});
      GetParam() ? gate.LoseReplyTo(pattern, nth) : gate.LoseRequest(pattern, nth);
      gate.AwaitLoss();
    }
    load.AwaitViews(100);
    load.Stop();
    EXPECT_EQ(load.unknown(), 0u) << "such a loss is nothing that a reader may feel";
    EXPECT_EQ(load.falls(), 0u);
    stack_.ExpectBooksToBalance(load);
    EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
    if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
  }

  TempDir spool_;
  Gate article_redis_{SharedRedis().settings().dsn.socket};
  Gate sync_redis_{SharedRedis().settings().dsn.socket};
  Gate sync_mysql_{SharedMariadb().settings().dsn.socket};
  Stack stack_{200, "20ms", {{"READCOUNT_SYNC_CHUNK_ARTICLES", "20"}}};
};

std::string LossName(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "Reply" : "Request";
}

class Fault02 : public LossTest {};
TEST_P(Fault02, CommitIsResolvedByReadingThePosition) {
  LoseUnderLoad(sync_mysql_,
                "\x03"
                "COMMIT");
  EXPECT_THAT(stack_.sync_service->log(), HasSubstr("standing_read_again"));
}
INSTANTIATE_TEST_SUITE_P(Lost, Fault02, ::testing::Bool(), LossName);

class Fault03 : public LossTest {};
TEST_P(Fault03, SealIsAskedForAgainAndTheSameBatchGoesOn) {
  LoseUnderLoad(sync_redis_, Call(kSealScript));
}
TEST_P(Fault03, ReleaseIsAskedForAgain) {
  LoseUnderLoad(sync_redis_, Call(kReleaseScript));
}
TEST_P(Fault03, AReadOfTheSealedBatchIsMadeAgain) {
  LoseUnderLoad(sync_redis_, "HSCAN");
}
TEST_P(Fault03, RecordIsTriedAgainAndCountsOnce) {
  LoseUnderLoad(article_redis_, Call(kRecordScript));
}
TEST_P(Fault03, RecordWithASpoolCountsOnce) {
  RestartWith(*stack_.article_service, "READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db"));
  LoseUnderLoad(article_redis_, Call(kRecordScript));
}
INSTANTIATE_TEST_SUITE_P(Lost, Fault03, ::testing::Bool(), LossName);

}  // namespace
}  // namespace readcount::testing
