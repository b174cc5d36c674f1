#include "services/article/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/article/listing.h"
#include "tests/article/reader_fixture.h"

namespace readcount {
namespace {

TEST_F(ReaderTest, CountsOnFromTheRowWithoutAGapWhateverTheSyncDoes) {
  uint64_t expected = 100;
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(View(1), ++expected);
    EXPECT_EQ(View(1), ++expected);
    ledger_.Seal();
    EXPECT_EQ(View(1), ++expected) << "sealed, not applied";
    const uint64_t in_mysql = expected - 1;
    repository_.Set(1, in_mysql);
    repository_.SetPosition(7, {.epoch = ledger_.state().sealed_epoch + 1});
    EXPECT_EQ(View(1), ++expected) << "applied, not released";
    ledger_.Release();
    EXPECT_EQ(View(1), ++expected) << "released";
  }
}

TEST_F(ReaderTest, FoldsASealedBatchAndNeedsMysqlNoMore) {
  View(1);
  const int loads = repository_.loads();
  for (int round = 0; round < 10; ++round) {
    ledger_.Seal();
    View(1);
    ledger_.Release();
    View(1);
  }
  EXPECT_EQ(repository_.loads(), loads) << "the cached row steps forward by itself";
}

TEST_F(ReaderTest, ReadsARowAgainWhenABatchThatItLacksHasLeftRedis) {
  EXPECT_EQ(View(1), 101u);
  Sync();
  EXPECT_EQ(View(1), 102u);
  Sync();
  Sync();
  EXPECT_EQ(Read({1}, false)[0]->read_count, 102u);
}

TEST_F(ReaderTest, AnAbsentArticleIsNotFoundAndLeavesNothing) {
  const ArticleReader::Results results = Read({3, 1, 0}, true);
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(results[1]->read_count, 101u);
  EXPECT_EQ(results[2].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ledger_.live(3), 0);
  const int loads = repository_.loads();
  Read({3}, true);
  EXPECT_EQ(repository_.loads(), loads) << "absence is remembered";
  clock_.Advance(absl::Seconds(2));
  repository_.Set(3, 0);
  EXPECT_EQ(View(3), 1u);
}

TEST_F(ReaderTest, LoadsAnArticleOnceHoweverManyWait) {
  Read({2}, false);  // learns the life
  repository_.Close();
  constexpr int kReaders = 50;
  absl::Mutex mutex;
  int answered = 0;
  const int before = repository_.loads();
  for (int i = 0; i < kReaders; ++i) {
    reader_.Read({1}, {.record = true}, [&](const ArticleReader::Results& results) {
      EXPECT_TRUE(results[0].ok());
      absl::MutexLock lock(&mutex);
      ++answered;
    });
  }
  repository_.Open();
  const auto all = [&] { return answered == kReaders; };
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(&all));
  EXPECT_EQ(repository_.loads(), before + 1);
  EXPECT_EQ(ledger_.live(1), kReaders);
}

TEST_F(ReaderTest, AnswersFromTheCacheWhileMysqlIsAwayAndMarksOldText) {
  View(1);
  repository_.Fail(absl::UnavailableError("MySQL is away"));
  EXPECT_EQ(View(1), 102u);
  clock_.Advance(absl::Seconds(61));
  const ArticleReader::Results results = Read({1, 2}, true);
  EXPECT_EQ(results[0]->read_count, 103u);
  EXPECT_TRUE(results[0]->content_stale);
  EXPECT_FALSE(results[0]->count_stale);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kUnavailable) << "2 was never read";
  EXPECT_EQ(ledger_.live(2), 0);
}

TEST_F(ReaderTest, AnswersExpiredTextWhenMysqlDoesNotAnswerInTime) {
  View(1);
  clock_.Advance(absl::Seconds(61));
  repository_.Close();
  const ArticleReader::Results results = Read(impatient_, {1}, true);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_EQ(results[0]->read_count, 102u);
  EXPECT_TRUE(results[0]->content_stale);
  EXPECT_FALSE(results[0]->count_stale);
  repository_.Open();
}

TEST_F(ReaderTest, MarksACountStaleWhenMysqlDoesNotAnswerInTime) {
  View(1);
  Sync();
  repository_.Close();
  const ArticleReader::Results results = Read(impatient_, {1}, true);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_TRUE(results[0]->count_stale);
  EXPECT_EQ(ledger_.live(1), 1);
  repository_.Open();
}

TEST_F(ReaderTest, AnArticleThatIsNotReadInTimeHoldsUpNoOtherAndCountsNothing) {
  View(1);
  repository_.Close();
  absl::Notification answered;
  reader_.Read({1, 2}, {.record = true, .first_patience = absl::Milliseconds(1)},
               [&](const ArticleReader::Results& results) {
                 EXPECT_EQ(results[0]->read_count, 102u);
                 EXPECT_EQ(results[1].status().code(), absl::StatusCode::kDeadlineExceeded);
                 answered.Notify();
               });
  answered.WaitForNotification();
  EXPECT_EQ(ledger_.live(2), 0);
  repository_.Open();
  EXPECT_EQ(View(2), 201u) << "the load went on";
}

TEST_F(ReaderTest, DoesNotWaitForARepositoryThatLetsOthersWaitAlready) {
  View(1);
  repository_.Close();
  absl::Notification first;
  loader_.Load({.id = 2, .history = {.life = 7}}, absl::Milliseconds(1),
               [&](const absl::StatusOr<ArticleRow>& row) {
                 EXPECT_EQ(row.status().code(), absl::StatusCode::kDeadlineExceeded);
                 first.Notify();
               });
  first.WaitForNotification();
  bool told = false;
  loader_.Load({.id = 1, .history = {.life = 7}}, absl::Milliseconds(1),
               [&](const absl::StatusOr<ArticleRow>& row) { told = absl::IsDeadlineExceeded(row.status()); });
  EXPECT_TRUE(told) << "at once, on the same thread";
  repository_.Open();
}

TEST_F(ReaderTest, ReadsTextAgainBeforeItExpiresWhileNobodyWaits) {
  View(1);
  repository_.Set(1, 100, "another title");
  const int loads = repository_.loads();
  clock_.Advance(absl::Seconds(46));
  EXPECT_EQ(Read({1}, false)[0]->article->title, "a title");
  repository_.AwaitLoads(loads + 1);
  absl::Notification joined;  // the load that was just seen, or a later one
  loader_.Load({.id = 1, .history = {.life = 7}}, absl::InfiniteDuration(),
               [&](const absl::StatusOr<ArticleRow>&) { joined.Notify(); });
  joined.WaitForNotification();
  EXPECT_EQ(Read({1}, false)[0]->article->title, "another title");
}

TEST_F(ReaderTest, SaysHowLongATextMayBeKept) {
  const absl::Duration whole = Read({1}, false)[0]->text_fresh_for;
  EXPECT_GE(whole, absl::Seconds(48)) << "of 60 seconds, up to a fifth less";
  EXPECT_LE(whole, absl::Seconds(60));
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Read({1}, false)[0]->text_fresh_for, whole - absl::Seconds(10));
  repository_.Fail(absl::UnavailableError("MySQL is away"));
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(Read({1}, false)[0]->text_fresh_for, absl::ZeroDuration());
}

TEST_F(ReaderTest, WhoKeepsTextsIsGivenNewOnesInsteadOfThoseThatSoonExpire) {
  const absl::Duration whole = Read({1}, false)[0]->text_fresh_for;
  repository_.Set(1, 100, "another title");
  const auto renewed = [this] {
    absl::Notification answered;
    ArticleReader::Results results;
    reader_.Read({1}, {.renew = true}, [&](ArticleReader::Results read) {
      results = std::move(read);
      answered.Notify();
    });
    answered.WaitForNotification();
    return results;
  };
  EXPECT_EQ(renewed()[0]->article->title, "a title") << "it is fresh";
  clock_.Advance(whole - absl::Seconds(1));
  const ArticleReader::Results results = renewed();
  EXPECT_EQ(results[0]->article->title, "another title");
  EXPECT_GT(results[0]->text_fresh_for, absl::Seconds(40));
}

TEST_F(ReaderTest, CountsNeedNoText) {
  absl::Notification answered;
  reader_.Read({1, 3, 0}, {.record = true, .text = false}, [&](const ArticleReader::Results& results) {
    ASSERT_TRUE(results[0].ok()) << results[0].status();
    EXPECT_EQ(results[0]->read_count, 101u);
    EXPECT_EQ(results[0]->article, nullptr);
    EXPECT_EQ(results[1].status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(results[2].status().code(), absl::StatusCode::kInvalidArgument);
    answered.Notify();
  });
  answered.WaitForNotification();
  EXPECT_EQ(ledger_.live(0), 0);
  EXPECT_EQ(Read({1}, true)[0]->article->title, "a title") << "is read when it is wanted";
  EXPECT_EQ(Read({1}, false)[0]->read_count, 102u);
}

TEST_F(ReaderTest, MarksACountThatCannotBeMadeExactAndNeverLetsItFall) {
  EXPECT_EQ(View(1), 101u);
  EXPECT_EQ(View(1), 102u);
  Sync();
  repository_.Fail(absl::UnavailableError("MySQL is away"));
  const ArticleReader::Results results = Read({1}, true);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_TRUE(results[0]->count_stale);
  EXPECT_GE(results[0]->read_count, 102u);
}

TEST_F(ReaderTest, ReadsGoOnWithAStaleMarkWhileRedisIsAwayAndViewsAreRefused) {
  EXPECT_EQ(View(1), 101u);
  ledger_.Inject(std::deque<FakeViewLedger::Fault>(1000, FakeViewLedger::Fault::kRefused));
  const ArticleReader::Results read = Read({1}, false);
  ASSERT_TRUE(read[0].ok());
  EXPECT_EQ(read[0]->read_count, 101u);
  EXPECT_TRUE(read[0]->count_stale);
  EXPECT_EQ(Read({1}, true)[0].status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ReaderTest, ADeletedArticleIsGoneOnceItsTextIsReadAgain) {
  View(1);
  repository_.Remove(1);
  clock_.Advance(absl::Seconds(61));
  EXPECT_EQ(Read({1}, true)[0].status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReaderTest, ListsPagesWithTokensThatLeadOn) {
  for (uint64_t id = 3; id <= 5; ++id) repository_.Set(id, 0);
  ThreadPool threads(1);
  ArticleListing listing(repository_, reader_, threads);
  View(5);
  std::string token;
  ViewRecorder::Ids ids;
  do {
    absl::Notification answered;
    listing.List({.page_size = 2, .page_token = token}, [&](const absl::StatusOr<ArticlePage>& page) {
      ASSERT_TRUE(page.ok()) << page.status();
      for (const CountedArticle& article : page->articles) ids.push_back(article.article->id);
      token = page->next_page_token;
      answered.Notify();
    });
    answered.WaitForNotification();
  } while (!token.empty());
  EXPECT_THAT(ids, ::testing::ElementsAre(5, 4, 3, 2, 1));
}

TEST_F(ReaderTest, RefusesListsOutsideTheirLimitsAndNamesTheField) {
  ThreadPool threads(1);
  ArticleListing listing(repository_, reader_, threads);
  int refused = 0;
  for (const ListRequest& request :
       {ListRequest{.page_size = -1}, ListRequest{.page_size = 101}, ListRequest{.page_token = "forged"},
        ListRequest{.author = std::string(201, 'a')}}) {
    listing.List(request, [&refused](const absl::StatusOr<ArticlePage>& page) {
      EXPECT_EQ(page.status().code(), absl::StatusCode::kInvalidArgument) << page.status();
      ++refused;
    });
  }
  EXPECT_EQ(refused, 4);
}

}  // namespace
}  // namespace readcount
