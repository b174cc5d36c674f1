#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/rpc/view_outcome.h"
#include "tests/cli/readcount.h"

// Small servers that note what the tool says to them.
namespace readcount::testing {

// Keeps what it was asked, and answers with what does not depend on it.
class NotingService final : public v1::SyncService::Service {
 public:
  grpc::Status Audit(grpc::ServerContext* context, const v1::AuditRequest*,
                     v1::AuditResponse* response) override {
    const auto sent = context->client_metadata().find("authorization");
    const std::string token =
        sent == context->client_metadata().end() ? "" : std::string(sent->second.data(), sent->second.size());
    if (token != "Bearer sesame") return {grpc::StatusCode::UNAUTHENTICATED, "no such token"};
    response->set_difference(0);
    return grpc::Status::OK;
  }

  grpc::Status RunSync(grpc::ServerContext*, const v1::RunSyncRequest* request,
                       v1::RunSyncResponse*) override {
    Note(*request);
    return {grpc::StatusCode::UNAVAILABLE, "MySQL is away"};
  }

  grpc::Status ListDeadLetters(grpc::ServerContext*, const v1::ListDeadLettersRequest* request,
                               v1::ListDeadLettersResponse* response) override {
    Note(*request);
    v1::DeadLetter& letter = *response->add_dead_letters();
    letter.set_id(request->page_token().empty() ? 7 : 8);
    letter.set_field("not\x1b[31m an id");
    letter.set_value("12");
    letter.set_views(12);
    letter.set_reason(v1::DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID);
    letter.set_life("00000000000000ab");
    letter.set_epoch(3);
    if (request->page_token().empty()) response->set_next_page_token("more");
    return grpc::Status::OK;
  }

  grpc::Status RetryDeadLetters(grpc::ServerContext*, const v1::RetryDeadLettersRequest* request,
                                v1::RetryDeadLettersResponse* response) override {
    Note(*request);
    if (IsLost(request->selection())) return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
    response->set_added(2);
    response->set_views(1200);
    response->set_kept(request->selection().all() ? 1 : 0);
    return grpc::Status::OK;
  }

  grpc::Status DropDeadLetters(grpc::ServerContext*, const v1::DropDeadLettersRequest* request,
                               v1::DropDeadLettersResponse* response) override {
    Note(*request);
    if (IsLost(request->selection())) return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
    response->set_dropped(2);
    response->set_views(15);
    response->set_kept(request->selection().all() ? 1 : 0);
    return grpc::Status::OK;
  }

  // What it was asked since the last call, each in one line.
  std::vector<std::string> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(requests_, {});
  }

 private:
  // A selection of letter 8 alone, whose answer is lost.
  static bool IsLost(const v1::DeadLetterSelection& selection) {
    return selection.ids_size() == 1 && selection.ids(0) == 8;
  }

  void Note(const google::protobuf::Message& request) {
    absl::MutexLock lock(&mutex_);
    requests_.push_back(request.ShortDebugString());
  }

  absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
};

// Ends the view of each article in a way of its own.
class FailingArticles final : public v1::ArticleService::Service {
 public:
  grpc::Status ViewArticle(grpc::ServerContext* context, const v1::ViewArticleRequest* request,
                           v1::ViewArticleResponse*) override {
    NoteToken(*context);
    switch (request->id()) {
      case 1:
        return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
      case 2:
        return {grpc::StatusCode::INTERNAL, "RST_STREAM"};
      case 3:
        return grpc::Status::CANCELLED;
      case 4:
        return {grpc::StatusCode::UNAVAILABLE, std::string(kNothingCounted) + ": MySQL is away"};
      default:
        return {grpc::StatusCode::NOT_FOUND, "no such article"};
    }
  }

  // Ends streams at their first message, as told.
  grpc::Status ViewArticles(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ViewArticlesResponse, v1::ViewArticlesRequest>* stream) override {
    NoteToken(*context);
    v1::ViewArticlesRequest request;
    stream->Read(&request);
    if (says_not_recorded) context->AddTrailingMetadata(kUnansweredMetadata, kNotRecorded);
    return {stream_code, "the stream is over"};
  }

  std::atomic<grpc::StatusCode> stream_code = grpc::StatusCode::UNAVAILABLE;
  std::atomic<bool> says_not_recorded = false;
  std::atomic<int> calls = 0, calls_with_token = 0;

 private:
  void NoteToken(const grpc::ServerContext& context) {
    ++calls;
    if (context.client_metadata().contains("authorization")) ++calls_with_token;
  }
};

class CliServicesTest : public ::testing::Test {
 protected:
  explicit CliServicesTest(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials()) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port);
    builder.RegisterService(&service_);
    builder.RegisterService(&articles_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
    variables_ = {{"READCOUNT_GATEWAY_SYNC_SERVICE", address_},
                  {"READCOUNT_GATEWAY_ARTICLE_SERVICE", address_},
                  {"USER", "ann"}};
  }

  NotingService service_;
  FailingArticles articles_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  Variables variables_;
};

}  // namespace readcount::testing
