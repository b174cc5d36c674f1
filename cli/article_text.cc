#include "cli/article_text.h"

#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/format.h"
#include "cli/json.h"

namespace readcount::cli {

Table ArticleTable() {
  constexpr auto kRight = Table::Align::kRight;
  return Table({{"ID", kRight}, {"VIEWS", kRight}, {"CREATED"}, {"AUTHOR"}, {"TITLE"}});
}

void AddArticle(const v1::Article& article, Table& table) {
  table.Add({absl::StrCat(article.id()),
             absl::StrCat(Grouped(article.read_count()), article.read_count_stale() ? " or more" : ""),
             Moment(article.has_created_at(), article.created_at()), article.author(), article.title()});
}

std::shared_ptr<std::vector<uint64_t>> AddArticleIds(CLI::App& app) {
  auto ids = std::make_shared<std::vector<uint64_t>>();
  AddIds(app, *ids, "The articles' ids")->required();
  return ids;
}

void ArticleResults::Add(const v1::ArticleResult& result) {
  if (context_.json()) context_.out.stream << MessageJson(result) << std::endl;
  if (!result.has_error()) {
    ++shown_;
    AddArticle(result.article(), table_);
    return;
  }
  const absl::Status failure(static_cast<absl::StatusCode>(result.error().code()),
                             absl::StrCat("article ", result.id(), ": ", result.error().message()));
  // That it is not known whether a view was counted must not be lost behind what is certain.
  const bool first = failure_.ok(), worse = absl::IsUnknown(failure) && !absl::IsUnknown(failure_);
  const absl::Status other = first || worse ? std::exchange(failure_, failure) : failure;
  if (!other.ok()) context_.err.stream << "readcount: " << other.message() << '\n';
}

absl::Status ArticleResults::Finish() {
  if (!context_.json() && shown_ > 0) table_.Print(context_.out.stream);
  return failure_;
}

}  // namespace readcount::cli
