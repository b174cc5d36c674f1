#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/backends.h"

namespace readcount::gateway {

// Services that answer at once, with what the test has set, and remember what they were asked. Not
// thread-safe.
class FakeArticles final : public ArticleBackend {
 public:
  void View(uint64_t id, bool text, absl::Duration timeout, Callback<v1::Article> callback) override {
    (text ? viewed : counted).push_back(id);
    timeouts.push_back(timeout);
    Answer(id, callback);
  }
  void Get(uint64_t id, const CallOptions& options, Callback<v1::Article> callback) override {
    got.push_back(id);
    passed.push_back(options);
    Answer(id, callback);
  }
  void BatchGet(std::vector<uint64_t> ids, const CallOptions& /*options*/,
                Callback<v1::BatchGetArticlesResponse> callback) override {
    batches.push_back(ids);
    AnswerAll(ids, callback);
  }
  void GetCounts(std::vector<uint64_t> ids, const CallOptions& /*options*/,
                 Callback<v1::BatchGetArticlesResponse> callback) override {
    count_batches.push_back(ids);
    AnswerAll(ids, callback);
  }
  void List(const v1::ListArticlesRequest& request, const CallOptions& /*options*/,
            Callback<v1::ListArticlesResponse> callback) override {
    listed.push_back(request);
    if (!status.ok()) return callback(status);
    callback(v1::ListArticlesResponse());
  }
  void GetStatus(const CallOptions& /*options*/, Callback<v1::ArticleServiceStatus> callback) override {
    if (!status.ok()) return callback(status);
    v1::ArticleServiceStatus normal;
    normal.set_mode(v1::ARTICLE_MODE_NORMAL);
    normal.set_redis_error("Redis at 10.9.8.7");
    callback(normal);
  }

  absl::Status status;                         // of every answer
  std::vector<uint64_t> viewed, counted, got;  // viewed whole, for the count alone, and not viewed
  v1::Article article;                         // of every answer, with the id and the next count
  std::vector<v1::ListArticlesRequest> listed;
  std::vector<std::vector<uint64_t>> batches, count_batches;
  std::set<uint64_t> absent;  // of batches
  std::vector<absl::Duration> timeouts;
  std::vector<CallOptions> passed;

 private:
  void Answer(uint64_t id, const Callback<v1::Article>& callback) {
    if (!status.ok()) return callback(status);
    article.set_id(id);
    article.set_read_count(article.read_count() + 1);
    callback(article);
  }
  void AnswerAll(const std::vector<uint64_t>& ids, const Callback<v1::BatchGetArticlesResponse>& callback) {
    if (!status.ok()) return callback(status);
    v1::BatchGetArticlesResponse response;
    for (const uint64_t id : ids) {
      v1::ArticleResult& result = *response.add_results();
      result.set_id(id);
      if (absent.contains(id)) {
        result.mutable_error()->set_code(static_cast<int>(absl::StatusCode::kNotFound));
        result.mutable_error()->set_message("no such article");
        continue;
      }
      article.set_id(id);
      *result.mutable_article() = article;
    }
    callback(response);
  }
};

class FakeSync final : public SyncBackend {
 public:
  void GetStatus(const CallOptions& /*options*/, Callback<v1::SyncStatus> callback) override {
    v1::SyncStatus idle;
    idle.set_phase(v1::SYNC_PHASE_IDLE);
    callback(idle);
  }
  void RunSync(const std::string& requested_by, const CallOptions& /*options*/,
               Callback<v1::SyncRun> callback) override {
    runs.push_back(requested_by);
    if (!status.ok()) return callback(status);
    v1::SyncRun run;
    run.set_outcome(v1::SYNC_OUTCOME_SUCCEEDED);
    callback(run);
  }
  void ListRuns(const v1::ListSyncRunsRequest& request, const CallOptions& /*options*/,
                Callback<v1::ListSyncRunsResponse> callback) override {
    listed.push_back(request);
    callback(v1::ListSyncRunsResponse());
  }
  // Answered by AnswerAudits.
  void Audit(const CallOptions& /*options*/, Callback<v1::AuditResponse> callback) override {
    audits.push_back(std::move(callback));
  }
  void AnswerAudits(const absl::StatusOr<v1::AuditResponse>& books) {
    for (const auto& callback : std::exchange(audits, {})) callback(books);
  }
  std::unique_ptr<Subscription> WatchStatus(Callback<v1::SyncStatus> tell) override {
    ++watches;
    watcher = std::move(tell);
    return std::make_unique<Watch>(*this);
  }

  absl::Status status;
  std::vector<std::string> runs;
  std::vector<v1::ListSyncRunsRequest> listed;
  std::vector<Callback<v1::AuditResponse>> audits;
  int watches = 0;                   // begun
  int open_watches = 0;              // and not ended
  Callback<v1::SyncStatus> watcher;  // of the last

 private:
  struct Watch final : Subscription {
    explicit Watch(FakeSync& watched) : sync(watched) { ++sync.open_watches; }
    ~Watch() override {
      --sync.open_watches;
      sync.watcher(absl::CancelledError("ended"));
    }
    FakeSync& sync;
  };
};

class FakeHealth final : public HealthBackend {
 public:
  void Check(std::function<void(const Readiness&)> callback) override { callback(readiness); }

  Readiness readiness;
};

}  // namespace readcount::gateway
