// What a reader answers while Redis forgets and MySQL goes on.
#include <algorithm>

#include "tests/article/reader_fixture.h"

namespace readcount {
namespace {

TEST_F(ReaderTest, ARowOfAPastThatRedisForgotIsReadAgain) {
  View(1);
  ledger_.TakeSnapshot();
  View(1);
  ledger_.Seal();
  EXPECT_EQ(View(1), 103u) << "the row has folded the batch";
  ledger_.PutBack();
  ledger_.Inject({FakeViewLedger::Fault::kLostRequest});
  EXPECT_EQ(View(1), 104u);
  ledger_.Seal();
  EXPECT_EQ(View(1), 105u) << "another batch than the one that was folded";
  ledger_.Release();
  EXPECT_EQ(View(1), 106u);
}

TEST_F(ReaderTest, CountsDoNotFallWhenRedisIsPutBackWhileMysqlIsAway) {
  View(1);
  ledger_.TakeSnapshot();
  View(1);
  ledger_.Seal();
  EXPECT_EQ(View(1), 103u);
  ledger_.PutBack();
  registry_.SetAway(true);
  repository_.Fail(absl::UnavailableError("MySQL is away"));
  ledger_.Inject({FakeViewLedger::Fault::kLostRequest});
  for (int i = 0; i < 3; ++i) {
    const auto article = Read(impatient_, {1}, true)[0];
    ASSERT_TRUE(article.ok()) << article.status();
    EXPECT_TRUE(article->count_stale);
    EXPECT_GE(article->read_count, 103u);
  }
  registry_.SetAway(false);
  repository_.Fail(absl::OkStatus());
  EXPECT_EQ(View(1), 107u);
}

TEST_F(ReaderTest, CountsDoNotFallWhenMysqlHasTheBatchThatRedisForgot) {
  View(1);
  ledger_.TakeSnapshot();
  View(1);
  ledger_.Seal();
  EXPECT_EQ(View(1), 103u);
  ledger_.PutBack();
  registry_.SetAway(true);
  repository_.Fail(absl::UnavailableError("MySQL is away"));
  ledger_.Inject({FakeViewLedger::Fault::kLostRequest});
  uint64_t last = 103;
  for (int i = 0; i < 3; ++i) last = std::max(last, Read(impatient_, {1}, true)[0]->read_count);
  repository_.Set(1, 102);
  repository_.SetPosition(7, {.epoch = 2});
  registry_.SetPosition(7, {.epoch = 2});
  registry_.SetSeqs(7, 42, 2, 2);
  registry_.SetAway(false);
  repository_.Fail(absl::OkStatus());
  for (int i = 0; i < 3; ++i) {
    const auto article = Read({1}, true)[0];
    ASSERT_TRUE(article.ok()) << article.status();
    EXPECT_TRUE(article->count_stale ? article->read_count >= last : article->read_count > last)
        << article->read_count << " after " << last;
    last = article->read_count;
    clock_.Advance(absl::Seconds(2));
  }
  EXPECT_NE(ledger_.state().life, 7u) << "the old copy was given up";
  EXPECT_EQ(View(1), 110u) << "102 in MySQL, and eight views since";
}

TEST_F(ReaderTest, ABatchThatIsSealedAndAppliedDuringAReadIsCountedOnce) {
  View(1);
  Sync();
  Sync();
  View(1);
  repository_.Close();
  absl::Notification answered;
  ArticleReader::Results results;
  Sync();
  Sync();
  reader_.Read({1}, {.record = true}, [&](ArticleReader::Results outcome) {
    results = std::move(outcome);
    answered.Notify();
  });
  // The row is being read again; meanwhile all is applied.
  repository_.AwaitLoads(2);
  Sync();
  repository_.Open();
  answered.WaitForNotification();
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_EQ(results[0]->read_count, 103u);
  EXPECT_FALSE(results[0]->count_stale);
}

TEST_F(ReaderTest, ACountThatMysqlHasAndRedisCallsLiveIsNotTaken) {
  View(1);
  ledger_.TakeSnapshot();
  Sync();
  EXPECT_EQ(View(1), 102u);
  Sync();
  EXPECT_EQ(View(1), 103u) << "the row has a synced batch";
  ledger_.PutBack();
  registry_.SetPosition(7, {.epoch = 3});
  registry_.SetSeqs(7, 42, 2, 2);
  const auto article = Read({1}, true)[0];
  ASSERT_TRUE(article.ok()) << article.status();
  EXPECT_FALSE(article->count_stale) << "the old copy was found out, and given up";
  EXPECT_EQ(article->read_count, 104u);
  EXPECT_NE(ledger_.state().life, 7u);
}

}  // namespace
}  // namespace readcount
