#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

// One ViewArticles stream, counts only, of which the test says when it writes, reads and breaks.
class Stream {
 public:
  explicit Stream(v1::ArticleService::Stub& stub) : stream_(stub.ViewArticles(&context_)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  }

  void Write(const std::vector<uint64_t>& ids) {
    v1::ViewArticlesRequest request;
    request.mutable_ids()->Add(ids.begin(), ids.end());
    request.set_counts_only(true);
    EXPECT_TRUE(stream_->Write(request));
  }

  // The counts of one response; 0 for an id that failed.
  std::vector<uint64_t> Read() {
    v1::ViewArticlesResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    std::vector<uint64_t> counts;
    for (const v1::ViewResult& result : response.results()) counts.push_back(result.read_count());
    return counts;
  }

  void Break() { context_.TryCancel(); }

  grpc::Status End() {
    stream_->WritesDone();
    v1::ViewArticlesResponse response;
    EXPECT_FALSE(stream_->Read(&response)) << "an answer to no request";
    return stream_->Finish();
  }

  // After End: whether the service has said that what it did not answer was not recorded.
  bool UnansweredNotRecorded() const {
    const auto& told = context_.GetServerTrailingMetadata();
    const auto found = told.find("readcount-unanswered");
    return found != told.end() && found->second == "not-recorded";
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ViewArticlesRequest, v1::ViewArticlesResponse>> stream_;
};

TEST(StreamTest, AnswersInOrderThoughItIsReadAheadOfTheAnswers) {
  Stack stack(/*articles=*/2);
  constexpr uint64_t kMessages = 100;
  Stream stream(*stack.articles);
  for (uint64_t i = 0; i < kMessages; ++i) stream.Write({1, 2, 1});
  for (uint64_t i = 0; i < kMessages; ++i) {
    EXPECT_EQ(stream.Read(), (std::vector<uint64_t>{2 * i + 1, i + 1, 2 * i + 2}));
  }
  EXPECT_TRUE(stream.End().ok());
}

TEST(StreamTest, ABatchThatWaitsForMysqlIsNotOvertaken) {
  Stack stack(/*articles=*/2);
  Stream stream(*stack.articles);
  stream.Write({1});
  EXPECT_EQ(stream.Read(), (std::vector<uint64_t>{1}));
  SharedMariadb().Signal(SIGSTOP);
  stream.Write({2, 1});
  stream.Write({1});
  const std::vector<uint64_t> waited = stream.Read(), next = stream.Read();
  SharedMariadb().Signal(SIGCONT);
  EXPECT_EQ(waited, (std::vector<uint64_t>{0, 2}));
  EXPECT_EQ(next, (std::vector<uint64_t>{3}));
  EXPECT_TRUE(stream.End().ok());
}

TEST(StreamTest, BreakingInMidBatchKeepsWhatWasAnsweredAndHalvesNoBatch) {
  constexpr uint64_t kArticles = 100, kBatch = 256, kBatches = 32, kStreams = 20;
  Stack stack(kArticles);
  std::vector<uint64_t> all, ids;
  for (uint64_t id = 1; id <= kArticles; ++id) all.push_back(id);
  for (uint64_t i = 0; i < kBatch; ++i) ids.push_back(i % kArticles + 1);
  Stream warm(*stack.articles);
  warm.Write(all);
  warm.Read();
  EXPECT_TRUE(warm.End().ok());

  uint64_t answered = 0;
  for (uint64_t i = 0; i < kStreams; ++i) {
    Stream stream(*stack.articles);
    for (uint64_t batch = 0; batch < kBatches; ++batch) stream.Write(ids);
    for (uint64_t batch = 0; batch < i; ++batch, ++answered) EXPECT_EQ(stream.Read().size(), kBatch);
    stream.Break();
  }
  // What is under way comes to its end.
  stack.articles.reset();
  EXPECT_EQ(stack.article_service->Stop(), 0);
  stack.RunSync();
  const uint64_t views = Stack::ViewsInMysql() - kArticles;
  EXPECT_GE(views, answered * kBatch);
  EXPECT_LE(views, kStreams * kBatches * kBatch);
  EXPECT_EQ(views % kBatch, 0u);
  EXPECT_EQ(stack.Audit().difference(), 0);
}

TEST(StreamTest, ABadBatchEndsTheStreamAfterTheAnswersBeforeIt) {
  Stack stack(/*articles=*/2);
  Stream stream(*stack.articles);
  stream.Write({1});
  stream.Write({2});
  stream.Write({});
  EXPECT_EQ(stream.Read(), (std::vector<uint64_t>{1}));
  EXPECT_EQ(stream.Read(), (std::vector<uint64_t>{1}));
  EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(stream.UnansweredNotRecorded());
}

TEST(StreamTest, AServiceThatStopsSaysThatWhatItDidNotAnswerWasNotRecorded) {
  Stack stack(/*articles=*/2);
  Stream stopped(*stack.articles), ended(*stack.articles);
  for (Stream* stream : {&stopped, &ended}) {
    stream->Write({1});
    EXPECT_EQ(stream->Read().size(), 1u);
  }
  EXPECT_TRUE(ended.End().ok());
  EXPECT_FALSE(ended.UnansweredNotRecorded());
  EXPECT_EQ(stack.article_service->Stop(), 0);
  EXPECT_EQ(stopped.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(stopped.UnansweredNotRecorded());
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), 2u);
}

}  // namespace
}  // namespace readcount::testing
