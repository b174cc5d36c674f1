#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/syncer/chunk_pipeline.h"
#include "services/syncer/mysql_book_keeper.h"
#include "services/syncer/mysql_run_history.h"
#include "services/syncer/mysql_store.h"
#include "tests/support/await.h"
#include "tests/support/servers.h"

namespace readcount::testing {
namespace {

constexpr uint64_t kLife = 0xFEDCBA9876543210;

class MysqlStoreTest : public ::testing::Test {
 protected:
  MysqlStoreTest() {
    SharedMariadb().Reset(10);
    EXPECT_TRUE(store_.ReadStanding(kLife).ok());
  }

  Chunk MakeChunk(const std::vector<Increment>& increments) const {
    return {.life = kLife, .epoch = 1, .from = {}, .to = {.epoch = 2}, .increments = increments};
  }
  absl::StatusOr<ChunkOutcome> Apply(const Chunk& chunk) {
    if (absl::Status status = store_.lane(0).Begin(chunk); !status.ok()) return status;
    return store_.lane(0).Commit();
  }
  static uint64_t CountOf(uint64_t id) {
    return SharedMariadb().Number("SELECT read_count FROM articles WHERE id = " + std::to_string(id));
  }

  MysqlBatchStore store_{SharedMariadb().settings(), 2};
};

TEST_F(MysqlStoreTest, EntersANewLifeAtTheBeginning) {
  const absl::StatusOr<Standing> standing = store_.ReadStanding(12345);
  ASSERT_TRUE(standing.ok()) << standing.status();
  EXPECT_EQ(*standing, Standing());
}

TEST_F(MysqlStoreTest, AppliesAChunkAndMovesThePositionTogether) {
  const std::vector<Increment> increments = {{1, 5}, {2, 7}};
  const absl::StatusOr<ChunkOutcome> outcome = Apply(MakeChunk(increments));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->articles, 2u);
  EXPECT_EQ(outcome->views, 12);
  EXPECT_EQ(CountOf(1), 5u);
  EXPECT_EQ(store_.ReadStanding(kLife)->position, (Position{.epoch = 2}));
}

TEST_F(MysqlStoreTest, RefusesAChunkWhosePositionHasMoved) {
  const std::vector<Increment> increments = {{1, 5}};
  ASSERT_TRUE(Apply(MakeChunk(increments)).ok());
  EXPECT_EQ(Apply(MakeChunk(increments)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CountOf(1), 5u);
}

TEST_F(MysqlStoreTest, BeginsAChunkOnOneLaneWhileTheOneBeforeIsUncommitted) {
  const std::vector<Increment> first = {{1, 5}}, second = {{2, 7}};
  Chunk one = MakeChunk(first);
  one.to = {.epoch = 1, .through_id = 1};
  Chunk two = MakeChunk(second);
  two.from = one.to;
  ASSERT_TRUE(store_.lane(0).Begin(one).ok());
  ASSERT_TRUE(store_.lane(1).Begin(two).ok());
  ASSERT_TRUE(store_.lane(0).Commit().ok());
  EXPECT_EQ(CountOf(2), 0u);
  ASSERT_TRUE(store_.lane(1).Commit().ok());
  EXPECT_EQ(CountOf(2), 7u);
  EXPECT_EQ(store_.ReadStanding(kLife)->position, (Position{.epoch = 2}));
}

TEST_F(MysqlStoreTest, CommitsNoChunkBeforeTheOneItGoesOnFrom) {
  const std::vector<Increment> first = {{1, 5}}, second = {{2, 7}};
  Chunk one = MakeChunk(first);
  one.to = {.epoch = 1, .through_id = 1};
  Chunk two = MakeChunk(second);
  two.from = one.to;
  ASSERT_TRUE(store_.lane(0).Begin(one).ok());
  ASSERT_TRUE(store_.lane(1).Begin(two).ok());
  EXPECT_EQ(store_.lane(1).Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  store_.lane(0).Rollback();
  EXPECT_EQ(CountOf(1) + CountOf(2), 0u);
  EXPECT_EQ(store_.ReadStanding(kLife)->position, Position());
}

// The editor waits for the second chunk, which waits for the first, which waits for the editor.
TEST_F(MysqlStoreTest, AChunkThatWaitsForLocksHasThoseBehindItRolledBack) {
  const std::vector<Increment> first = {{1, 5}}, second = {{2, 7}};
  Chunk one = MakeChunk(first);
  one.to = {.epoch = 1, .through_id = 1};
  Chunk two = MakeChunk(second);
  two.from = one.to;
  MariadbServer& editor = SharedMariadb();
  editor.Query("START TRANSACTION");
  editor.Query("SELECT * FROM articles WHERE id = 1 FOR UPDATE");
  ThreadPool threads(2);
  ChunkPipeline pipeline(store_, threads);
  pipeline.Start(one);
  pipeline.Start(two);
  ASSERT_TRUE(Await([&] {
    // The server renews this table only for those who have not read it for 100 ms.
    absl::SleepFor(absl::Milliseconds(150));
    return editor.Number("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_modified = 1") >
           0;
  }));
  std::thread editing([&] {
    editor.Query("UPDATE articles SET title = 'edited' WHERE id = 2");
    editor.Query("COMMIT");
  });
  const absl::StatusOr<ChunkPipeline::Applied> applied = pipeline.FinishOldest();
  editing.join();
  EXPECT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(pipeline.under_way(), 0u);
  EXPECT_EQ(CountOf(1), 5u);
  EXPECT_EQ(CountOf(2), 0u);
}

TEST_F(MysqlStoreTest, GoesOnOnlyWithTheBatchThatHasBegun) {
  const std::vector<Increment> increments = {{1, 5}};
  Chunk first = MakeChunk(increments);
  first.batch_name = 11;
  first.to = {.epoch = 1, .through_id = 1};
  ASSERT_TRUE(Apply(first).ok());
  EXPECT_EQ(store_.ReadStanding(kLife)->batch_name, 11u);
  Chunk other = MakeChunk(increments);
  other.batch_name = 12;
  other.from = first.to;
  EXPECT_EQ(Apply(other).status().code(), absl::StatusCode::kFailedPrecondition);
  other.batch_name = 11;
  EXPECT_TRUE(Apply(other).ok());
}

TEST_F(MysqlStoreTest, KeepsUpToWhichSeqItHasEachWritersViews) {
  const auto seqs = [](uint64_t writer) {
    const mysql::Result result = SharedMariadb().Query(absl::StrCat(
        "SELECT seq, batch_seq FROM read_count_writers WHERE life = ", kLife, " AND writer = ", writer));
    return result.rows.empty() ? "none" : absl::StrCat(*result.rows[0][0], ",", *result.rows[0][1]);
  };
  const std::vector<Increment> increments = {{1, 5}};
  const std::vector<WriterSeq> writers = {{.writer = ~uint64_t{0}, .seq = 3},
                                          {.writer = 2, .seq = ~uint64_t{0}}};
  Chunk chunk = MakeChunk(increments);
  chunk.writers = writers;
  chunk.to = {.epoch = 1, .through_id = 1};
  ASSERT_TRUE(Apply(chunk).ok());
  EXPECT_EQ(seqs(~uint64_t{0}), "0,3");
  chunk.from = chunk.to;
  chunk.to = {.epoch = 2};
  ASSERT_TRUE(Apply(chunk).ok());
  EXPECT_EQ(seqs(~uint64_t{0}), "3,3");
  EXPECT_EQ(seqs(2), absl::StrCat(~uint64_t{0}, ",", ~uint64_t{0}));
  const std::vector<WriterSeq> later = {{.writer = ~uint64_t{0}, .seq = 9}};
  ASSERT_TRUE(
      Apply({.life = kLife, .epoch = 2, .from = {.epoch = 2}, .to = {.epoch = 3}, .writers = later}).ok());
  EXPECT_EQ(seqs(~uint64_t{0}), "9,9");
}

TEST_F(MysqlStoreTest, RefusesAChunkOfAClosedLife) {
  SharedMariadb().Query("UPDATE read_count_positions SET closed = 1");
  const std::vector<Increment> increments = {{1, 5}};
  EXPECT_EQ(Apply(MakeChunk(increments)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CountOf(1), 0u);
  EXPECT_TRUE(store_.ReadStanding(kLife)->closed);
}

TEST_F(MysqlStoreTest, ChangesNothingOfAnArticleButItsCount) {
  const std::string other =
      "SELECT CRC32(CONCAT_WS('|', title, content, author, created_at, IFNULL(updated_at, 'null'))) FROM "
      "articles WHERE id = 1";
  const uint64_t before = SharedMariadb().Number(other);
  const std::vector<Increment> increments = {{1, 5}};
  ASSERT_TRUE(Apply(MakeChunk(increments)).ok());
  EXPECT_EQ(SharedMariadb().Number(other), before);
}

TEST_F(MysqlStoreTest, PutsAsideWhatCannotBeAddedAndBooksIt) {
  SharedMariadb().Query("UPDATE articles SET read_count = 18446744073709551615 WHERE id = 3");
  const std::vector<Increment> increments = {{1, 5}, {2, -1}, {3, 1}, {77, 4}, {18446744073709551615u, 9}};
  const absl::StatusOr<ChunkOutcome> outcome = Apply(MakeChunk(increments));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->articles, 1u);
  EXPECT_EQ(outcome->dead_letters, 4u);
  EXPECT_EQ(CountOf(1), 5u);
  EXPECT_EQ(CountOf(3), 18446744073709551615u);
  EXPECT_EQ(
      SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dead_letters WHERE field = '77' AND views = 4 "
                             "AND reason = 'no_such_article' AND field_hash = UNHEX(SHA2('77', 256))"),
      1u);
  mysql::Pool pool(SharedMariadb().settings(), SystemClock());
  const absl::StatusOr<BookedViews> books = MysqlBookKeeper(pool).Read(kLife);
  ASSERT_TRUE(books.ok()) << books.status();
  EXPECT_EQ(books->applied, 5);
  EXPECT_EQ(books->dead_lettered, -1 + 1 + 4 + 9);
  EXPECT_EQ(books->dead_letters, 4u);
}

TEST_F(MysqlStoreTest, BuriesStraysOnceHoweverOftenAndOnlyAtTheBeginningOfTheBatch) {
  const std::vector<DeadLetter> letters = {
      MakeDeadLetter(std::string("\0\xFF'\"", 4), "x", 0, kNotAnArticleId),
      MakeDeadLetter(std::string(100000, 'z'), "1", 0, kNotAnArticleId)};
  ASSERT_TRUE(store_.Bury(kLife, 1, letters).ok());
  ASSERT_TRUE(store_.Bury(kLife, 1, letters).ok());
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dead_letters"), 2u);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dead_letters WHERE field = 0x00FF2722"),
            1u);
  const std::vector<Increment> increments = {{1, 5}};
  ASSERT_TRUE(Apply(MakeChunk(increments)).ok());
  EXPECT_EQ(store_.Bury(kLife, 1, letters).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(MysqlStoreTest, RollsBackAsAWholeWhenARowStaysLocked) {
  SharedMariadb().Query("START TRANSACTION");
  SharedMariadb().Query("SELECT * FROM articles WHERE id = 2 FOR UPDATE");
  const std::vector<Increment> increments = {{1, 5}, {2, 5}};
  EXPECT_EQ(Apply(MakeChunk(increments)).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store_.ReadStanding(kLife)->position, Position());
  SharedMariadb().Query("ROLLBACK");
  EXPECT_TRUE(Apply(MakeChunk(increments)).ok());
  EXPECT_EQ(CountOf(1), 5u);
}

TEST_F(MysqlStoreTest, FindsArticlesByTheirPrimaryKeyFromTheChunk) {
  const mysql::Result plan = SharedMariadb().Query(
      "EXPLAIN UPDATE JSON_TABLE('[[1,1,0],[2,1,0]]', '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', "
      "plus BIGINT UNSIGNED PATH '$[1]', minus BIGINT UNSIGNED PATH '$[2]')) AS chunk "
      "STRAIGHT_JOIN articles AS article ON article.id = chunk.id "
      "SET article.read_count = article.read_count - chunk.minus + chunk.plus "
      "WHERE article.read_count >= chunk.minus AND article.read_count <= 18446744073709551615 - chunk.plus");
  ASSERT_EQ(plan.rows.size(), 2u);
  EXPECT_EQ(plan.rows[1][3], "eq_ref");
}

TEST_F(MysqlStoreTest, WaitsForTheLeaseButNotForEver) {
  MysqlBatchStore other(SharedMariadb().settings(), 1);
  other.TakeLease(absl::Seconds(1));
  store_.TakeLease(absl::ZeroDuration());
  const std::vector<Increment> increments = {{1, 5}};
  EXPECT_TRUE(Apply(MakeChunk(increments)).ok()) << "the lease only saves work";
  const std::string holder = "SELECT IFNULL(IS_USED_LOCK('article_sys.read_count_sync'), 0)";
  const uint64_t first = SharedMariadb().Number(holder);
  EXPECT_NE(first, 0u);
  store_.ReturnLease();
  EXPECT_EQ(SharedMariadb().Number(holder), first) << "only the holder gives it back";
  other.ReturnLease();
  EXPECT_EQ(SharedMariadb().Number(holder), 0u);
  store_.TakeLease(absl::ZeroDuration());
  EXPECT_NE(SharedMariadb().Number(holder), first);
  EXPECT_NE(SharedMariadb().Number(holder), 0u);
  store_.ReturnLease();
  EXPECT_EQ(SharedMariadb().Number(holder), 0u);
}

TEST_F(MysqlStoreTest, SaysThatTheServerIsAwayAndComesBackByItself) {
  SharedMariadb().Kill();
  EXPECT_EQ(store_.ReadStanding(kLife).status().code(), absl::StatusCode::kUnavailable);
  SharedMariadb().Start();
  EXPECT_TRUE(store_.ReadStanding(kLife).ok());
}

TEST(MysqlRunHistoryTest, KeepsTheNewestRunsAndListsThemInPages) {
  SharedMariadb().Reset(1);
  mysql::Pool pool(SharedMariadb().settings(), SystemClock());
  MysqlRunHistory history(pool, 3);
  for (uint64_t i = 1; i <= 5; ++i) {
    RunRecord run{
        .started_at = absl::FromUnixMicros(1'700'000'000'123'456), .succeeded = true, .articles = i};
    run.finished_at = run.started_at + absl::Seconds(1);
    run.duration = absl::Microseconds(987);
    run.views = -4;
    run.requested_by = "me";
    ASSERT_EQ(*history.Append(run), i);
  }
  const absl::StatusOr<std::vector<RunRecord>> all = history.List(std::nullopt, 10);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->front().articles, 5u);
  EXPECT_EQ(all->front().started_at, absl::FromUnixMicros(1'700'000'000'123'456));
  EXPECT_EQ(all->front().duration, absl::Microseconds(987));
  EXPECT_EQ(all->front().views, -4);
  const absl::StatusOr<std::vector<RunRecord>> page = history.List(5, 1);
  ASSERT_EQ(page->size(), 1u);
  EXPECT_EQ(page->front().id, 4u);
}

}  // namespace
}  // namespace readcount::testing
