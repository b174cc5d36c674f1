#include <future>

#include "tests/support/await.h"
#include "tests/support/gate_routes.h"
#include "tests/syncer/dead_letter_box_fixture.h"

namespace readcount::testing {
namespace {

TEST_F(DeadLetterBoxTest, TwoBoxesAtOnceAddEachLetterOnce) {
  ApplyToMissing(3000, 3);
  PutBack(100, 3099);
  MysqlDeadLetterBox other(pool_, SharedMariadb().settings(), sleeper_);
  std::future<RetriedLetters> theirs = std::async(std::launch::async, [&] { return Retry(other); });
  const RetriedLetters ours = Retry();
  EXPECT_EQ(ours.added + theirs.get().added, 3000u);
  EXPECT_EQ(ViewsInMysql(), 9000u);
  EXPECT_EQ(Difference(Books()), 0);
  EXPECT_EQ(Books().dead_lettered, 0);
}

TEST_F(DeadLetterBoxTest, WorksBesideASyncOfTheSameArticlesAndTheBooksBalanceAtEveryMoment) {
  ApplyToMissing(3000, 3);
  PutBack(100, 3099);
  const uint64_t deadlocks = SharedMariadb().Number(
      "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_deadlocks'");
  std::future<RetriedLetters> retried = std::async(std::launch::async, [&] { return Retry(); });
  uint64_t batches = 0;
  while (retried.wait_for(std::chrono::seconds(0)) != std::future_status::ready || batches < 5) {
    ApplyToMissing(3000, 1);
    EXPECT_EQ(Difference(Books()), 0);
    ++batches;
  }
  EXPECT_EQ(retried.get().added, 3000u);
  EXPECT_EQ(ViewsInMysql(), 9000 + 3000 * batches);
  EXPECT_EQ(Difference(Books()), 0);
  EXPECT_THAT(List(), ::testing::IsEmpty());
  EXPECT_EQ(SharedMariadb().Number("SELECT variable_value FROM information_schema.global_status WHERE "
                                   "variable_name = 'innodb_deadlocks'"),
            deadlocks);
}

// An editor who has an article and wants a letter.
TEST_F(DeadLetterBoxTest, AVictimOfADeadlockTriesAgain) {
  constexpr char kWaits[] =
      "SELECT variable_value FROM information_schema.global_status WHERE variable_name = "
      "'innodb_row_lock_current_waits'";
  ApplyToMissing(3, 5);
  PutBack(100, 400);
  MariadbServer& editor = SharedMariadb();
  editor.Query("START TRANSACTION");
  // So much that InnoDB lets the other one be the victim.
  editor.Query("UPDATE articles SET content = 'new' WHERE id >= 100");
  std::future<RetriedLetters> retried = std::async(std::launch::async, [&] { return Retry(); });
  EXPECT_TRUE(Await([&] { return editor.Number(kWaits) > 0; }));
  editor.Query("UPDATE read_count_dead_letters SET value = '6'");
  editor.Query("COMMIT");
  EXPECT_EQ(retried.get().views, 18) << "as corrected meanwhile";
  EXPECT_EQ(ViewsInMysql(), 18u);
  EXPECT_EQ(Difference(Books()), 0);
}

// Lost is the reply, and the transaction is in MySQL; or the request, and it is not.
class LostCommitTest : public DeadLetterBoxTest, public ::testing::WithParamInterface<bool> {
 protected:
  LostCommitTest() { ApplyToMissing(1500, 3); }
  // At the first page's COMMIT.
  void Lose() {
    GetParam() ? gate_.LoseReplyTo(
                     "\x03"
                     "COMMIT")
               : gate_.LoseRequest(
                     "\x03"
                     "COMMIT");
  }

  static MysqlSettings Through(const Gate& gate) {
    MysqlSettings settings;
    settings.dsn = *ParseMysqlDsn(MysqlDsn(gate));
    return settings;
  }

  Gate gate_{SharedMariadb().settings().dsn.socket};
  MysqlDeadLetterBox far_box_{pool_, Through(gate_), sleeper_};
};

TEST_P(LostCommitTest, ARetryAddsEachLetterOnceAndKnowsHowMany) {
  PutBack(100, 1099);
  Lose();
  const RetriedLetters retried = Retry(far_box_);
  gate_.AwaitLoss();
  EXPECT_EQ(retried.added, 1000u);
  EXPECT_EQ(retried.views, 3000);
  EXPECT_EQ(retried.kept, 500u);
  EXPECT_EQ(ViewsInMysql(), 3000u);
  EXPECT_EQ(Difference(Books()), 0);
  EXPECT_EQ(far_box_.tally().retried.value(), 1000u);
}

TEST_P(LostCommitTest, ADropMovesEachLetterOnceAndKnowsHowMany) {
  Lose();
  const absl::StatusOr<DroppedLetters> dropped = far_box_.Drop({}, "me", [] { return false; });
  gate_.AwaitLoss();
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_EQ(dropped->dropped, 1500u);
  EXPECT_EQ(dropped->views, 4500);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dropped_letters"), 1500u);
  EXPECT_THAT(List(), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Lost, LostCommitTest, ::testing::Bool(),
                         [](const auto& lost) { return lost.param ? "Reply" : "Request"; });

TEST_F(DeadLetterBoxTest, StopsBetweenTransactionsWhenNobodyWaitsAnyMore) {
  ApplyToMissing(2500, 3);
  PutBack(100, 2599);
  int asked = 0;
  EXPECT_EQ(box_.Retry({}, [&] { return ++asked > 2; }).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(ViewsInMysql(), 6000u);
  EXPECT_EQ(Difference(Books()), 0);
  EXPECT_EQ(Retry().added, 500u);
}

TEST_F(DeadLetterBoxTest, EndsAtAShutdownThoughALockIsHeldAndLeavesAllAsItWas) {
  Apply({{77, 4}});
  PutBack(77, 77);
  SharedMariadb().Query("START TRANSACTION");
  SharedMariadb().Query("SELECT id FROM articles WHERE id = 77 FOR UPDATE");
  std::future<absl::Status> retried =
      std::async(std::launch::async, [&] { return box_.Retry({}, [] { return false; }).status(); });
  // It tries again after every wait until it is to end.
  sleeper_.Cancel();
  EXPECT_EQ(retried.get().code(), absl::StatusCode::kUnavailable);
  SharedMariadb().Query("ROLLBACK");
  EXPECT_EQ(CountOf(77), 0u);
  EXPECT_THAT(List(), ::testing::SizeIs(1));
}

TEST_F(DeadLetterBoxTest, SaysThatTheServerIsAwayAndComesBackByItself) {
  Apply({{77, 4}});
  PutBack(77, 77);
  SharedMariadb().Kill();
  EXPECT_EQ(box_.Retry({}, [] { return false; }).status().code(), absl::StatusCode::kUnavailable);
  SharedMariadb().Start();
  EXPECT_EQ(Retry().added, 1u);
}

TEST_F(DeadLetterBoxTest, SaysWhatToRunWhenThereIsNoTableForDroppedLetters) {
  Apply({{77, 4}});
  SharedMariadb().Query("RENAME TABLE read_count_dropped_letters TO set_aside");
  const absl::Status dropped = box_.Drop({}, "me", [] { return false; }).status();
  SharedMariadb().Query("RENAME TABLE set_aside TO read_count_dropped_letters");
  EXPECT_EQ(dropped.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(dropped.message()), ::testing::HasSubstr("run readcount migrate"));
  EXPECT_THAT(List(), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace readcount::testing
