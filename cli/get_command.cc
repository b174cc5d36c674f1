#include "cli/get_command.h"

#include <algorithm>

#include "cli/article_text.h"
#include "cli/endpoint.h"
#include "cli/rpc/article_client.h"

namespace readcount::cli {
namespace {

constexpr size_t kMostIds = 1000;  // of one call

absl::Status Get(Context& context, const std::vector<uint64_t>& ids) {
  const absl::StatusOr<Endpoint> endpoint = ArticleEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  ArticleClient client(*endpoint);
  ArticleResults results(context);
  for (auto first = ids.begin(); first != ids.end();) {
    const auto end = first + std::min<std::ptrdiff_t>(kMostIds, ids.end() - first);
    const absl::StatusOr<v1::BatchGetArticlesResponse> batch = client.BatchGet({first, end});
    if (!batch.ok()) return batch.status();
    for (const v1::ArticleResult& result : batch->results()) results.Add(result);
    first = end;
  }
  return results.Finish();
}

}  // namespace

void AddGetCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("get", "Show articles, and record nothing");
  command->callback([&context, ids = AddArticleIds(*command)] {
    context.command = [&context, ids] { return Get(context, *ids); };
  });
}

}  // namespace readcount::cli
