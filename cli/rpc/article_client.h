#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/endpoint.h"
#include "readcount/v1/article_service.pb.h"

namespace readcount::cli {

// ArticleService for commands. Errors are those of the service, with what to do. Thread-safe.
class ArticleClient {
 public:
  explicit ArticleClient(Endpoint endpoint);
  ~ArticleClient();
  ArticleClient(const ArticleClient&) = delete;
  ArticleClient& operator=(const ArticleClient&) = delete;

  // Records a view. UNKNOWN when the answer was lost or late: it may have been counted, once.
  absl::StatusOr<v1::Article> View(uint64_t id);

  // Up to 1000.
  absl::StatusOr<v1::BatchGetArticlesResponse> BatchGet(const std::vector<uint64_t>& ids);

  absl::StatusOr<v1::ListArticlesResponse> List(const v1::ListArticlesRequest& request);
  absl::StatusOr<v1::ArticleServiceStatus> GetStatus();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::cli
