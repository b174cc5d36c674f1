#include "cli/sync_runs_command.h"

#include <memory>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/endpoint.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/pages.h"
#include "cli/rpc/sync_client.h"
#include "cli/table.h"

namespace readcount::cli {
namespace {

void PrintRuns(const v1::ListSyncRunsResponse& page, std::ostream& out) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"RUN", kRight},
               {"STARTED"},
               {"TOOK", kRight},
               {"OUTCOME"},
               {"ARTICLES", kRight},
               {"VIEWS", kRight},
               {"DEAD LETTERS", kRight},
               {"BY"},
               {"ERROR"}});
  for (const v1::SyncRun& run : page.runs()) {
    table.Add({absl::StrCat(run.id()), Moment(run.has_started_at(), run.started_at()),
               Span(ToDuration(run.duration())), Words(v1::SyncOutcome_Name(run.outcome()), "SYNC_OUTCOME_"),
               Grouped(run.articles()), Grouped(run.views()), Grouped(run.dead_letters()), run.requested_by(),
               run.error()});
  }
  table.Print(out);
}

absl::Status ListRuns(Context& context, const PageOptions& pages) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  v1::ListSyncRunsRequest request;
  return ShowPages(
      context, pages, request, [&] { return client.ListSyncRuns(request); },
      [&](const v1::ListSyncRunsResponse& page) { PrintRuns(page, context.out.stream); });
}

}  // namespace

void AddSyncRunsCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("runs", "Show the history of runs, newest first");
  auto pages = std::make_shared<PageOptions>();
  AddPageOptions(*command, *pages, 1000, 50);
  command->callback(
      [&context, pages] { context.command = [&context, pages] { return ListRuns(context, *pages); }; });
}

}  // namespace readcount::cli
