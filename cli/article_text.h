#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "cli/command.h"
#include "cli/table.h"
#include "readcount/v1/article_service.pb.h"

namespace readcount::cli {

// A table of articles, to which AddArticle adds.
Table ArticleTable();
void AddArticle(const v1::Article& article, Table& table);

// The argument ID… of commands about articles.
std::shared_ptr<std::vector<uint64_t>> AddArticleIds(CLI::App& app);

// Shows articles as they come and remembers what failed. Text comes at the end, JSON (an ArticleResult a
// line) at once. Not thread-safe.
class ArticleResults {
 public:
  explicit ArticleResults(Context& context) : context_(context), table_(ArticleTable()) {}

  void Add(const v1::ArticleResult& result);

  // To be called at the end: OK, or what failed, with the code of the first failure, or UNKNOWN if it is not
  // known of some article whether its view was counted.
  absl::Status Finish();

 private:
  Context& context_;
  Table table_;
  size_t shown_ = 0;
  absl::Status failure_;
};

}  // namespace readcount::cli
