#include "cli/view_command.h"

#include <string>

#include "cli/article_text.h"
#include "cli/endpoint.h"
#include "cli/rpc/article_client.h"

namespace readcount::cli {
namespace {

absl::Status View(Context& context, const std::vector<uint64_t>& ids) {
  const absl::StatusOr<Endpoint> endpoint = ArticleEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  ArticleClient client(*endpoint);
  ArticleResults results(context);
  for (const uint64_t id : ids) {
    absl::StatusOr<v1::Article> article = client.View(id);
    v1::ArticleResult result;
    result.set_id(id);
    if (article.ok()) {
      *result.mutable_article() = *std::move(article);
    } else {
      result.mutable_error()->set_code(static_cast<int>(article.status().code()));
      result.mutable_error()->set_message(std::string(article.status().message()));
    }
    results.Add(result);
  }
  return results.Finish();
}

}  // namespace

void AddViewCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("view", "View articles: show each, and record one view of it");
  command->callback([&context, ids = AddArticleIds(*command)] {
    context.command = [&context, ids] { return View(context, *ids); };
  });
}

}  // namespace readcount::cli
