#include "cli/list_command.h"

#include <memory>

#include "cli/arguments.h"
#include "cli/article_text.h"
#include "cli/endpoint.h"
#include "cli/pages.h"
#include "cli/rpc/article_client.h"

namespace readcount::cli {
namespace {

struct Options {
  std::string author;
  PageOptions pages;
};

absl::Status List(Context& context, const Options& options) {
  const absl::StatusOr<Endpoint> endpoint = ArticleEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  ArticleClient client(*endpoint);
  v1::ListArticlesRequest request;
  request.set_author(options.author);
  return ShowPages(
      context, options.pages, request, [&] { return client.List(request); },
      [&](const v1::ListArticlesResponse& page) {
        Table table = ArticleTable();
        for (const v1::Article& article : page.articles()) AddArticle(article, table);
        table.Print(context.out.stream);
      });
}

}  // namespace

void AddListCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("list", "Show a page of articles, newest first, and record nothing");
  auto options = std::make_shared<Options>();
  AddTextOption(*command, "--author", options->author, "Only this author's")->type_name("NAME");
  AddPageOptions(*command, options->pages, 100, 20);
  command->callback(
      [&context, options] { context.command = [&context, options] { return List(context, *options); }; });
}

}  // namespace readcount::cli
