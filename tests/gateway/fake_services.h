#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"

namespace readcount::gateway {

constexpr uint64_t kFaulty = 999;        // views of it fail, and were not counted
constexpr char kAddress[] = "10.9.8.7";  // stands in the messages of such faults
constexpr uint64_t kFirstAbsent = 1000;  // ids from here on have no article

// What the fake service does with one batch of views.
enum class Turn { kAnswer, kHold, kBreak, kEnd, kCancel, kHoldAndBreak, kShort, kSilent, kPutOff };

class FakeArticleService final : public v1::ArticleService::Service {
 public:
  // The next batch is taken like this, in the order of the calls; those beyond are answered.
  void Plan(Turn turn) {
    absl::MutexLock lock(&mutex_);
    plan_.push_back(turn);
  }
  std::map<uint64_t, uint64_t> counts() {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }
  int batches() const { return batches_; }
  int asked_for_counts() const { return asked_for_counts_; }  // views without text
  std::vector<uint64_t> got() {
    absl::MutexLock lock(&mutex_);
    return got_;
  }

  std::atomic<uint32_t> text_fresh_ms = 0;  // of every article

  absl::Notification held;     // a batch has come that is held
  absl::Notification release;  // lets it go on

  grpc::Status ViewArticles(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ViewArticlesResponse, v1::ViewArticlesRequest>* stream) override {
    v1::ViewArticlesRequest request;
    while (stream->Read(&request)) {
      ++batches_;
      const Turn turn = Next();
      if (turn == Turn::kEnd) {
        context->AddTrailingMetadata("readcount-unanswered", "not-recorded");
        return {grpc::StatusCode::UNAVAILABLE, "shutting down"};
      }
      if (turn == Turn::kCancel) return grpc::Status::CANCELLED;
      v1::ViewArticlesResponse response = turn == Turn::kPutOff ? PutOff(request) : Count(request);
      if (turn == Turn::kHold || turn == Turn::kHoldAndBreak) {
        held.Notify();
        release.WaitForNotification();
      }
      if (turn == Turn::kBreak || turn == Turn::kHoldAndBreak) return {grpc::StatusCode::ABORTED, "broken"};
      if (turn == Turn::kShort) response.mutable_results()->RemoveLast();
      if (turn != Turn::kSilent) stream->Write(response);
    }
    return grpc::Status::OK;
  }

  // What the last call of GetArticle brought beside its message.
  std::multimap<std::string, std::string> metadata() {
    absl::MutexLock lock(&mutex_);
    return metadata_;
  }

  grpc::Status GetArticle(grpc::ServerContext* context, const v1::GetArticleRequest* request,
                          v1::GetArticleResponse* response) override {
    if (request->id() == kFaulty) return {grpc::StatusCode::UNAVAILABLE, absl::StrCat("MySQL at ", kAddress)};
    absl::MutexLock lock(&mutex_);
    metadata_.clear();
    for (const auto& [name, value] : context->client_metadata())
      metadata_.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    got_.push_back(request->id());
    response->mutable_article()->set_id(request->id());
    response->mutable_article()->set_read_count(counts_[request->id()]);
    return grpc::Status::OK;
  }

  grpc::Status BatchGetArticles(grpc::ServerContext* /*context*/, const v1::BatchGetArticlesRequest* request,
                                v1::BatchGetArticlesResponse* response) override {
    absl::MutexLock lock(&mutex_);
    for (const uint64_t id : request->ids()) {
      v1::ArticleResult& result = *response->add_results();
      result.set_id(id);
      if (id >= kFirstAbsent) {
        result.mutable_error()->set_code(grpc::StatusCode::NOT_FOUND);
        result.mutable_error()->set_message("no such article");
      } else {
        result.mutable_article()->set_id(id);
        result.mutable_article()->set_read_count(counts_[id]);
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status ListArticles(grpc::ServerContext* /*context*/, const v1::ListArticlesRequest* request,
                            v1::ListArticlesResponse* response) override {
    if (request->page_size() > 100) return {grpc::StatusCode::INVALID_ARGUMENT, "page_size: too large"};
    response->add_articles()->set_author(request->author());
    return grpc::Status::OK;
  }

 private:
  Turn Next() {
    absl::MutexLock lock(&mutex_);
    if (plan_.empty()) return Turn::kAnswer;
    const Turn turn = plan_.front();
    plan_.pop_front();
    return turn;
  }

  static v1::ViewArticlesResponse PutOff(const v1::ViewArticlesRequest& request) {
    v1::ViewArticlesResponse response;
    for (const uint64_t id : request.ids()) {
      v1::ViewResult& result = *response.add_results();
      result.set_id(id);
      result.mutable_error()->set_code(grpc::StatusCode::DEADLINE_EXCEEDED);
      result.mutable_error()->set_message("not read in time");
    }
    return response;
  }

  v1::ViewArticlesResponse Count(const v1::ViewArticlesRequest& request) {
    absl::MutexLock lock(&mutex_);
    v1::ViewArticlesResponse response;
    for (const uint64_t id : request.ids()) {
      v1::ViewResult& result = *response.add_results();
      result.set_id(id);
      if (id >= kFirstAbsent) {
        result.mutable_error()->set_code(grpc::StatusCode::NOT_FOUND);
        result.mutable_error()->set_message("no such article");
        continue;
      }
      if (id == kFaulty) {
        result.mutable_error()->set_code(grpc::StatusCode::UNAVAILABLE);
        result.mutable_error()->set_message(absl::StrCat("nothing was counted: Redis at ", kAddress));
        continue;
      }
      if (request.counts_only()) {
        ++asked_for_counts_;
        result.set_read_count(++counts_[id]);
        continue;
      }
      result.mutable_article()->set_id(id);
      result.mutable_article()->set_read_count(++counts_[id]);
      result.mutable_article()->set_text_fresh_ms(text_fresh_ms);
    }
    return response;
  }

  std::atomic<int> batches_ = 0, asked_for_counts_ = 0;
  absl::Mutex mutex_;
  std::deque<Turn> plan_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> got_ ABSL_GUARDED_BY(mutex_);
  std::multimap<std::string, std::string> metadata_ ABSL_GUARDED_BY(mutex_);
};

class FakeSyncService final : public v1::SyncService::Service {
 public:
  int calls() const { return calls_; }

  std::atomic<bool> fails = false;

  grpc::Status RunSync(grpc::ServerContext* /*context*/, const v1::RunSyncRequest* request,
                       v1::RunSyncResponse* response) override {
    ++calls_;
    response->mutable_run()->set_requested_by(request->requested_by());
    if (fails) response->mutable_run()->set_error(absl::StrCat("MySQL at ", kAddress));
    return grpc::Status::OK;
  }
  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    ++calls_;
    response->mutable_status()->set_phase(v1::SYNC_PHASE_IDLE);
    if (fails) {
      const std::string error = absl::StrCat("MySQL at ", kAddress);
      response->mutable_status()->set_last_error(error);
      response->mutable_status()->mutable_last_run()->set_error(error);
    }
    return grpc::Status::OK;
  }

 private:
  std::atomic<int> calls_ = 0;
};

}  // namespace readcount::gateway
