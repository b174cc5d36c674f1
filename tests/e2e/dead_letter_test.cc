#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"
#include "tests/support/metrics.h"

namespace readcount::testing {
namespace {

constexpr char kLive[] = "article_sys:read_count:hash";
constexpr uint64_t kArticles = 20;

class DeadLetterTest : public ::testing::Test {
 protected:
  // Views of articles that somebody removed, and nobody has asked for since.
  void LetViewsDie(uint64_t articles, int views) {
    SharedMariadb().Query(absl::StrCat("DELETE FROM articles WHERE id <= ", articles));
    for (uint64_t id = 1; id <= articles; ++id)
      SharedRedis().Command({"HINCRBY", kLive, absl::StrCat(id), absl::StrCat(views)});
    EXPECT_EQ(stack_.RunSync().dead_letters(), articles);
  }
  static void PutBack(uint64_t articles) {
    SharedMariadb().Query(
        absl::StrCat("INSERT INTO articles (id, title, content, author, created_at) SELECT seq, 't', 'c', "
                     "'a', NOW() FROM seq_1_to_",
                     articles));
  }

  grpc::Status List(const v1::ListDeadLettersRequest& request, v1::ListDeadLettersResponse& response) {
    grpc::ClientContext context;
    return stack_.syncer->ListDeadLetters(&context, request, &response);
  }
  v1::ListDeadLettersResponse List(int page_size = 0, const std::string& page_token = "") {
    v1::ListDeadLettersRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    v1::ListDeadLettersResponse response;
    const grpc::Status status = List(request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  grpc::Status Retry(const v1::RetryDeadLettersRequest& request, v1::RetryDeadLettersResponse& response) {
    grpc::ClientContext context;
    return stack_.syncer->RetryDeadLetters(&context, request, &response);
  }
  v1::RetryDeadLettersResponse Retry(const std::vector<uint64_t>& ids = {}) {
    v1::RetryDeadLettersRequest request;
    request.set_requested_by("me");
    request.mutable_selection()->mutable_ids()->Assign(ids.begin(), ids.end());
    request.mutable_selection()->set_all(ids.empty());
    v1::RetryDeadLettersResponse response;
    const grpc::Status status = Retry(request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  grpc::Status Drop(const v1::DropDeadLettersRequest& request, v1::DropDeadLettersResponse& response) {
    grpc::ClientContext context;
    return stack_.syncer->DropDeadLetters(&context, request, &response);
  }

  Stack stack_{
      kArticles, "off", {{"READCOUNT_ARTICLE_CACHE_TTL", "1s"}, {"READCOUNT_ARTICLE_COUNT_TTL", "1s"}}};
};

TEST_F(DeadLetterTest, AreListedRetriedAndDroppedAndTheBooksBalance) {
  LetViewsDie(3, 7);
  SharedRedis().Command({"HSET", kLive, "no id", "1"});
  stack_.RunSync();
  const v1::ListDeadLettersResponse first = List(3);
  ASSERT_EQ(first.dead_letters_size(), 3);
  EXPECT_EQ(first.dead_letters(0).field(), "1");
  EXPECT_EQ(first.dead_letters(0).value(), "7");
  EXPECT_EQ(first.dead_letters(0).views(), 7);
  EXPECT_EQ(first.dead_letters(0).reason(), v1::DEAD_LETTER_REASON_NO_SUCH_ARTICLE);
  EXPECT_EQ(first.dead_letters(0).life().size(), 16u);
  EXPECT_EQ(first.dead_letters(0).epoch(), 1u);
  EXPECT_GT(first.dead_letters(0).created_at().seconds(), 1'700'000'000);
  const v1::ListDeadLettersResponse second = List(3, first.next_page_token());
  ASSERT_EQ(second.dead_letters_size(), 1);
  EXPECT_EQ(second.dead_letters(0).field(), "no id");
  EXPECT_EQ(second.next_page_token(), "");

  PutBack(2);
  const v1::RetryDeadLettersResponse retried = Retry();
  EXPECT_EQ(retried.added(), 2u);
  EXPECT_EQ(retried.views(), 14);
  EXPECT_EQ(retried.kept(), 2u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  EXPECT_EQ(stack_.Audit().dead_letters(), 2u);
  EXPECT_EQ(stack_.Audit().dead_lettered(), 7);
  EXPECT_EQ(HttpClient(stack_.gateway->address()).Get("/api/article/1")->Number("read_count"), 8u);

  v1::DropDeadLettersRequest request;
  v1::DropDeadLettersResponse dropped;
  request.mutable_selection()->set_reason(v1::DEAD_LETTER_REASON_NO_SUCH_ARTICLE);
  request.set_requested_by("me");
  ASSERT_TRUE(Drop(request, dropped).ok());
  EXPECT_EQ(dropped.dropped(), 1u);
  EXPECT_EQ(dropped.views(), 7);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  EXPECT_EQ(stack_.Audit().dead_letters(), 1u);
  EXPECT_EQ(stack_.Audit().dead_lettered(), 7);
  EXPECT_THAT(stack_.sync_service->log(), ::testing::HasSubstr("dead_letters_dropped"));
  AwaitMetrics(stack_.sync_service->metrics_address(), [](const Scrape& now) {
    return now.Value("readcount_dead_letters_present") == 1 &&
           now.Value("readcount_dead_letters_retried_total") == 2 &&
           now.Value("readcount_dead_letters_dropped_total") == 1;
  });
}

TEST_F(DeadLetterTest, ARequestThatIsWrongNamesTheField) {
  const auto is_invalid = [](const grpc::Status& status, const std::string& field) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << field;
    EXPECT_THAT(status.error_message(), ::testing::StartsWith(field + ":"));
  };
  v1::ListDeadLettersResponse listed;
  v1::ListDeadLettersRequest list;
  list.set_page_size(1001);
  is_invalid(List(list, listed), "page_size");
  list.set_page_size(-1);
  is_invalid(List(list, listed), "page_size");
  list.set_page_size(1);
  list.set_page_token("first");
  is_invalid(List(list, listed), "page_token");
  list.clear_page_token();
  list.set_reason(static_cast<v1::DeadLetterReason>(99));
  is_invalid(List(list, listed), "reason");

  v1::RetryDeadLettersResponse retried;
  v1::RetryDeadLettersRequest retry;
  is_invalid(Retry(retry, retried), "selection");
  for (uint64_t id = 1; id <= 1001; ++id) retry.mutable_selection()->add_ids(id);
  is_invalid(Retry(retry, retried), "selection.ids");
  retry.mutable_selection()->clear_ids();
  retry.mutable_selection()->set_reason(static_cast<v1::DeadLetterReason>(99));
  is_invalid(Retry(retry, retried), "selection.reason");
  retry.mutable_selection()->set_reason(v1::DEAD_LETTER_REASON_OVERFLOW);
  retry.set_requested_by(std::string(65, 'x'));
  is_invalid(Retry(retry, retried), "requested_by");
  retry.set_requested_by(std::string(64, 'x'));
  EXPECT_TRUE(Retry(retry, retried).ok());
  EXPECT_TRUE(retried.has_added() && retried.has_views() && retried.has_kept());

  v1::DropDeadLettersResponse dropped;
  v1::DropDeadLettersRequest drop;
  is_invalid(Drop(drop, dropped), "selection");
  drop.mutable_selection()->set_all(true);
  drop.set_requested_by(std::string(65, 'x'));
  is_invalid(Drop(drop, dropped), "requested_by");
  drop.clear_requested_by();
  EXPECT_TRUE(Drop(drop, dropped).ok());
  EXPECT_TRUE(dropped.has_dropped() && dropped.has_views() && dropped.has_kept());
}

// Rows grow beside the position, while views come, syncs run, and rows are read again all the time.
TEST_F(DeadLetterTest, NoReaderSeesACountFallWhileLettersAreRetried) {
  constexpr int kRounds = 5;
  for (int i = 0; i < kRounds; ++i) LetViewsDie(kArticles, 7);
  PutBack(kArticles);
  Load load(stack_.gateway->address(), 3, kArticles);
  std::atomic<bool> ending = false;
  std::atomic<uint64_t> falls = 0;
  // Asks for texts and for counts only, which are read from MySQL by different statements.
  std::thread watcher([&] {
    std::vector<uint64_t> seen(kArticles + 1);
    for (int i = 0; !ending; ++i) {
      v1::BatchGetArticlesRequest request;
      for (uint64_t id = 1; id <= kArticles; ++id) request.add_ids(id);
      request.set_counts_only(i % 2 == 0);
      v1::BatchGetArticlesResponse response;
      grpc::ClientContext context;
      const grpc::Status status = stack_.articles->BatchGetArticles(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const v1::ArticleResult& result : response.results()) {
        const uint64_t count = result.article().read_count();
        if (count < seen[result.article().id()]) ++falls;
        seen[result.article().id()] = count;
      }
    }
  });
  const v1::ListDeadLettersResponse letters = List(1000);
  uint64_t added = 0;
  for (const v1::DeadLetter& letter : letters.dead_letters()) {
    load.AwaitViews(20);
    added += Retry({letter.id()}).added();
    stack_.RunSync();
  }
  added += Retry().added();
  load.AwaitViews(200);
  ending = true;
  watcher.join();
  load.Stop();
  EXPECT_EQ(added, kRounds * kArticles);
  EXPECT_EQ(falls, 0u);
  EXPECT_EQ(load.falls(), 0u);
  EXPECT_EQ(load.unknown(), 0u);
  stack_.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged() + 7 * kRounds * kArticles);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  EXPECT_EQ(stack_.Audit().dead_lettered(), 0);
  // What was shown before is read again within the text's time, here a second.
  HttpClient client(stack_.gateway->address());
  EXPECT_TRUE(Await([&] {
    uint64_t shown = 0;
    for (uint64_t id = 1; id <= kArticles; ++id)
      shown += client.Get(absl::StrCat("/api/article/", id, "?view=false"))->Number("read_count").value_or(0);
    return shown == Stack::ViewsInMysql();
  }));
}

}  // namespace
}  // namespace readcount::testing
