#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "services/common/ledger/redis_batch_ledger.h"
#include "services/common/ledger/redis_view_ledger.h"
#include "tests/support/servers.h"

namespace readcount::testing {
namespace {

constexpr char kLive[] = "article_sys:read_count:hash";
constexpr char kSealed[] = "{article_sys:read_count:hash}:sealed";
constexpr char kWriters[] = "{article_sys:read_count:hash}:writers";
constexpr char kSealedWriters[] = "{article_sys:read_count:hash}:sealed_writers";
constexpr char kMeta[] = "{article_sys:read_count:hash}:meta";

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    redis_.Command({"FLUSHALL"});
    // The first call learns the life.
    const absl::StatusOr<ViewReply> reply = views_.Record({.writer = 1});
    EXPECT_TRUE(reply.ok()) << reply.status();
    life_ = reply->state.life;
  }

  ViewReply Record(uint64_t seq, std::vector<ViewBatch::Entry> entries, uint64_t writer = 1) {
    const absl::StatusOr<ViewReply> reply =
        views_.Record({.life = life_, .writer = writer, .seq = seq, .entries = std::move(entries)});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : ViewReply();
  }
  std::string Live(const std::string& field) { return redis_.Command({"HGET", kLive, field}).text; }
  SealReply Seal() {
    const absl::StatusOr<SealReply> reply = batches_.Seal();
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *reply;
  }
  std::map<std::string, std::string> Sealed() {
    std::map<std::string, std::string> fields;
    EXPECT_TRUE(batches_
                    .ReadSealed([] { return size_t{2}; },
                                [&](absl::string_view field, absl::string_view value) {
                                  fields[std::string(field)] = std::string(value);
                                })
                    .ok());
    return fields;
  }

  RedisServer& redis_ = SharedRedis();
  RedisViewLedger views_{redis_.settings()};
  RedisBatchLedger batches_{redis_.settings()};
  uint64_t life_ = 0;
};

TEST_F(LedgerTest, MakesOneLifeAndKeepsIt) {
  EXPECT_NE(life_, 0u);
  RedisViewLedger other(redis_.settings());
  EXPECT_EQ(other.Record({.writer = 2})->state.life, life_);
  EXPECT_EQ(batches_.ReadPending()->state, (LedgerState{.life = life_, .epoch = 1}));
}

TEST_F(LedgerTest, AddsViewsAndAsksInOneCall) {
  const ViewReply reply = Record(1, {{1, 3}, {2, 0}, {3, 1}});
  ASSERT_EQ(reply.counts.size(), 3u);
  EXPECT_EQ(reply.counts[0].live, 3);
  EXPECT_EQ(reply.counts[1].live, 0);
  EXPECT_EQ(Live("1"), "3");
  EXPECT_EQ(redis_.Command({"HEXISTS", kLive, "2"}).integer, 0) << "asking must leave nothing";
}

TEST_F(LedgerTest, CountsARetryOnceAlsoAfterASeal) {
  Record(1, {{1, 3}});
  Seal();
  const ViewReply retry = Record(1, {{1, 3}});
  EXPECT_EQ(retry.previous_seq, 1u);
  EXPECT_EQ(retry.state.epoch, 2u);
  EXPECT_EQ(retry.counts[0].live, 0);
  EXPECT_EQ(retry.counts[0].sealed, 3);
}

TEST_F(LedgerTest, NamesTheWritersWhoseViewsASealedBatchHas) {
  Record(3, {{1, 3}}, 0xABC);
  Record(8, {{1, 1}}, 5);
  const SealReply first = Seal();
  EXPECT_THAT(first.batch->writers, ::testing::UnorderedElementsAre(WriterSeq{0xABC, 3}, WriterSeq{5, 8}));
  Record(9, {{1, 1}}, 5);
  const SealReply again = Seal();
  EXPECT_EQ(again.batch->name, first.batch->name);
  EXPECT_THAT(again.batch->writers, ::testing::UnorderedElementsAreArray(first.batch->writers));
  ASSERT_TRUE(batches_.Release(life_, 1, first.batch->name).ok());
  EXPECT_NE(Seal().batch->name, first.batch->name);
}

TEST_F(LedgerTest, SetsAnAbandonedLifeAsideAndBeginsAFreshOne) {
  Record(1, {{1, 4}});
  Seal();
  Record(2, {{2, 5}});
  const SealReply sealed = Seal();
  ASSERT_TRUE(batches_.Abandon(sealed.state, sealed.batch->name + 1).ok());
  ASSERT_TRUE(views_.Abandon({.life = life_, .epoch = 1}).ok());
  EXPECT_EQ(batches_.ReadPending()->state.life, life_) << "a life that stands elsewhere must go on";
  ASSERT_TRUE(batches_.Abandon(sealed.state, sealed.batch->name).ok());
  const LedgerState fresh = batches_.ReadPending()->state;
  EXPECT_NE(fresh.life, life_);
  EXPECT_EQ(fresh.epoch, 1u);
  EXPECT_EQ(fresh.sealed_epoch, 0u);
  EXPECT_EQ(redis_.Command({"KEYS", "*orphans*"}).elements.size(), 2u);
  life_ = fresh.life;
  EXPECT_EQ(Record(1, {{1, 1}}).counts[0].live, 1) << "seqs of the old life must not count in the new one";
}

TEST_F(LedgerTest, ALateFirstTryIsRefusedOnceALaterBatchIsIn) {
  Record(2, {{1, 1}});
  EXPECT_EQ(Record(1, {{1, 100}}).counts[0].live, 1);
}

TEST_F(LedgerTest, AddsNothingWhileItLacksASeqThatTheWriterWasTold) {
  Record(2, {{1, 1}});
  const ViewBatch hiding{.life = life_, .writer = 1, .seq = 4, .after = 3, .entries = {{1, 1}}};
  const absl::StatusOr<ViewReply> reply = views_.Record(hiding);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->lacks_past(hiding));
  EXPECT_EQ(reply->counts[0].live, 1);
  EXPECT_EQ(Record(3, {{1, 1}}).counts[0].live, 2) << "the one that was forgotten still counts";
  EXPECT_FALSE(views_.Record(hiding)->lacks_past(hiding));
  EXPECT_EQ(Record(4, {{1, 1}}).counts[0].live, 3) << "a retry of it";
}

TEST_F(LedgerTest, WritersDoNotShareTheirSeqs) {
  Record(1, {{1, 1}}, 1);
  EXPECT_EQ(Record(1, {{1, 1}}, 2).counts[0].live, 2);
}

TEST_F(LedgerTest, AddsNothingInAnotherLife) {
  const absl::StatusOr<ViewReply> reply =
      views_.Record({.life = life_ + 1, .writer = 1, .seq = 1, .entries = {{1, 1}}});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->state.life, life_);
  EXPECT_TRUE(reply->counts.empty());
  EXPECT_EQ(redis_.Command({"EXISTS", kLive}).integer, 0);
}

TEST_F(LedgerTest, KeepsEveryDigitOfGreatNumbers) {
  redis_.Command({"HSET", kLive, "18446744073709551615", "9007199254740993"});
  EXPECT_EQ(Record(1, {{18446744073709551615u, 1}}).counts[0].live, 9007199254740994);
  uint64_t seq = 1;
  for (int64_t number : {99999999999998, 99999999999999, 100000000000000, 999999999999999}) {
    redis_.Command({"HSET", kLive, "6", absl::StrCat(number)});
    EXPECT_EQ(Record(++seq, {{6, 1}}).counts[0].live, number + 1);
    redis_.Command({"HSET", kLive, "6", absl::StrCat(-number - 2)});
    EXPECT_EQ(Record(++seq, {{6, 1}}).counts[0].live, -number - 1);
  }
  redis_.Command({"HSET", kLive, "5", "-9223372036854775807"});
  EXPECT_EQ(Record(0, {{5, 0}}).counts[0].live, -9223372036854775807);
}

TEST_F(LedgerTest, RefusesAViewThatWouldOverflowAndCountsTheOthers) {
  redis_.Command({"HSET", kLive, "1", "9223372036854775807"});
  const ViewReply reply = Record(1, {{1, 1}, {2, 1}});
  EXPECT_TRUE(reply.counts[0].refused);
  EXPECT_EQ(reply.counts[0].live, 9223372036854775807);
  EXPECT_FALSE(reply.counts[1].refused);
  EXPECT_EQ(batches_.Books()->recorded, 1);
}

TEST_F(LedgerTest, TellsARetryTooWhoseViewsDidNotFit) {
  redis_.Command({"HSET", kLive, "1", "9223372036854775807", "3", "9223372036854775807"});
  const std::vector<ViewBatch::Entry> entries = {{1, 1}, {2, 1}, {3, 1}};
  Record(1, entries);
  const ViewReply again = Record(1, entries);
  EXPECT_EQ(again.previous_seq, 1u);
  EXPECT_TRUE(again.counts[0].refused);
  EXPECT_FALSE(again.counts[1].refused);
  EXPECT_TRUE(again.counts[2].refused);
  EXPECT_EQ(batches_.Books()->recorded, 1);
  EXPECT_FALSE(Record(2, {{1, 0}, {2, 1}}).counts[0].refused) << "who only asks is refused nothing";
  Seal();
  EXPECT_FALSE(Record(2, {{1, 0}, {2, 1}}).counts[0].refused) << "another batch than the refused one";
}

TEST_F(LedgerTest, CountsManyArticlesBesideASealedBatch) {
  constexpr uint64_t kArticles = 2500;
  std::vector<ViewBatch::Entry> entries;
  for (uint64_t id = 1; id <= kArticles; ++id) entries.push_back({.id = id, .views = id});
  Record(1, entries);
  Seal();
  for (ViewBatch::Entry& entry : entries) entry.views = 2;
  const ViewReply reply = Record(2, entries);
  ASSERT_EQ(reply.counts.size(), kArticles);
  for (uint64_t id = 1; id <= kArticles; ++id) {
    EXPECT_EQ(reply.counts[id - 1].sealed, static_cast<int64_t>(id));
    EXPECT_EQ(reply.counts[id - 1].live, 2);
  }
}

TEST_F(LedgerTest, MovesGarbageAsideSoThatTheArticleCountsOn) {
  redis_.Command({"HSET", kLive, "1", "lots"});
  EXPECT_EQ(Record(1, {{1, 0}}).counts[0].live, 0);
  EXPECT_EQ(Record(2, {{1, 2}}).counts[0].live, 2);
  EXPECT_EQ(Live("1"), "2");
  Seal();
  const std::map<std::string, std::string> fields = Sealed();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields.rbegin()->second, "lots");
}

TEST_F(LedgerTest, SealsOnceAndNamesTheBatchUntilItIsReleased) {
  EXPECT_FALSE(Seal().batch.has_value());
  Record(1, {{1, 2}, {2, 5}});
  const SealReply first = Seal();
  ASSERT_TRUE(first.batch.has_value());
  EXPECT_FALSE(first.resumed);
  EXPECT_EQ(first.batch->epoch, 1u);
  EXPECT_EQ(first.batch->fields, 2u);
  EXPECT_EQ(first.batch->recorded, 7);
  EXPECT_EQ(first.state, (LedgerState{.life = life_, .epoch = 2, .sealed_epoch = 1}));
  Record(2, {{1, 1}});
  EXPECT_TRUE(Seal().resumed);
  EXPECT_EQ(Sealed(), (std::map<std::string, std::string>{{"1", "2"}, {"2", "5"}}));
  const uint64_t name = first.batch->name;
  ASSERT_TRUE(batches_.Release(life_, 2, name).ok());
  EXPECT_EQ(redis_.Command({"EXISTS", kSealed}).integer, 1) << "another batch's release must do nothing";
  ASSERT_TRUE(batches_.Release(life_ + 1, 1, name).ok());
  EXPECT_EQ(redis_.Command({"EXISTS", kSealed}).integer, 1);
  ASSERT_TRUE(batches_.Release(life_, 1, name + 1).ok());
  EXPECT_EQ(redis_.Command({"EXISTS", kSealed}).integer, 1) << "another seal's batch of the epoch must stay";
  ASSERT_TRUE(batches_.Release(life_, 1, name).ok());
  EXPECT_EQ(redis_.Command({"EXISTS", kSealed}).integer, 0);
  ASSERT_TRUE(batches_.Release(life_, 1, name).ok()) << "a repeated release does nothing";
  EXPECT_EQ(Seal().batch->epoch, 2u);
}

TEST_F(LedgerTest, TakesWhatOthersWroteBeforeAnyoneMadeALife) {
  redis_.Command({"FLUSHALL"});
  redis_.Command({"HINCRBY", kLive, "1", "4"});
  const SealReply reply = Seal();
  ASSERT_TRUE(reply.batch.has_value());
  EXPECT_NE(reply.batch->life, life_);
  EXPECT_EQ(reply.batch->recorded, 0);
  EXPECT_EQ(Sealed().at("1"), "4");
}

TEST_F(LedgerTest, NeverOverwritesASealedBatchThatNoMetaNames) {
  Record(1, {{1, 4}});
  Seal();
  redis_.Command({"DEL", kMeta, kWriters, kSealedWriters});
  redis_.Command({"HINCRBY", kLive, "2", "1"});
  EXPECT_EQ(Seal().batch->fields, 1u);
  const redis::Reply kept = redis_.Command({"KEYS", "*orphans*"});
  ASSERT_EQ(kept.elements.size(), 1u);
  EXPECT_EQ(redis_.Command({"HGET", kept.elements[0].text, "1"}).text, "4");
}

// Its writers remember what MySQL lacks and bring it again: what is left of it must not be counted as well.
TEST_F(LedgerTest, SetsALiveHashAsideWhoseMetaIsGoneButNotItsWriters) {
  Record(1, {{1, 4}});
  redis_.Command({"DEL", kMeta});
  EXPECT_FALSE(Seal().batch.has_value());
  EXPECT_EQ(redis_.Command({"KEYS", "*orphans*:live"}).elements.size(), 1u);
}

TEST_F(LedgerTest, ReadsTheBooksOfLongAndShortNumbersAndLeavesGarbageOut) {
  Record(1, {{1, 2}});
  redis_.SetFields(kLive, {{"2", "-5"},
                           {"3", "9223372036854775807"},
                           {"4", "9223372036854775807"},
                           {"x", "7"},
                           {"5", "seven"},
                           {"06", "1"},
                           {"7", "007"},
                           {"18446744073709551616", "1"},
                           {"18446744073709551615", "10"}});
  const absl::StatusOr<LedgerBooks> books = batches_.Books();
  ASSERT_TRUE(books.ok()) << books.status();
  EXPECT_EQ(books->live, WideViews(9223372036854775807) * 2 + 2 - 5 + 10);
  EXPECT_EQ(books->recorded, 2);
  EXPECT_EQ(books->live_fields, 10u);
}

TEST_F(LedgerTest, SaysWhatIsWrongWithALiveKeyOfAnotherType) {
  redis_.Command({"SET", kLive, "oops"});
  const absl::Status status = batches_.Seal().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("holds a string, not a hash"));
}

TEST_F(LedgerTest, SaysThatMetaIsDamagedAndWritesNothing) {
  Record(1, {{1, 3}});
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"epoch", "soon"}, {"epoch", "-1"}, {"epoch", "0"},        {"epoch", "99999999999999999999"},
      {"life", "x"},     {"life", ""},    {"sealed_epoch", "1"}, {"sealed_epoch", "abc"}};
  for (const auto& [field, value] : damages) {
    const std::string before = redis_.Command({"HGET", kMeta, field}).text;
    redis_.Command({"HSET", kMeta, field, value});
    const absl::Status recorded =
        views_.Record({.life = life_, .writer = 1, .seq = 2, .entries = {{1, 3}}}).status();
    EXPECT_EQ(recorded.code(), absl::StatusCode::kFailedPrecondition) << field << "=" << value;
    EXPECT_THAT(std::string(recorded.message()), ::testing::HasSubstr("is damaged"));
    EXPECT_EQ(batches_.Seal().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(Live("1"), "3");
    EXPECT_EQ(redis_.Command({"EXISTS", kSealed}).integer, 0);
    redis_.Command({"HSET", kMeta, field, before});
  }
  EXPECT_EQ(Record(2, {{1, 3}}).counts[0].live, 6) << "mended, it goes on";
}

TEST_F(LedgerTest, TakesNoNoticeOfWhatOthersPutAmongTheWriters) {
  Record(3, {{1, 3}}, 5);
  redis_.Command({"HSET", kWriters, "nobody", "nothing"});
  redis_.Command({"HSET", kWriters, "00000000000000ff", "x:y"});
  EXPECT_THAT(Seal().batch->writers, ::testing::ElementsAre(WriterSeq{5, 3}));
}

TEST_F(LedgerTest, KnowsItsScriptsAgainAfterTheServerForgotThem) {
  redis_.Command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(Record(1, {{1, 1}}).counts[0].live, 1);
}

TEST_F(LedgerTest, ComesBackAfterTheServerDid) {
  Record(1, {{1, 1}});
  redis_.Kill();
  const absl::Status lost =
      views_.Record({.life = life_, .writer = 1, .seq = 2, .entries = {{1, 1}}}).status();
  EXPECT_TRUE(absl::IsUnknown(lost) || absl::IsUnavailable(lost)) << lost;
  EXPECT_EQ(views_.Record({.life = life_, .writer = 1, .seq = 2, .entries = {{1, 1}}}).status().code(),
            absl::StatusCode::kUnavailable);
  redis_.Start();
  EXPECT_EQ(Record(2, {{1, 1}}).counts[0].live, 2);
}

}  // namespace
}  // namespace readcount::testing
