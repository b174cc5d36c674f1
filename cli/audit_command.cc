#include "cli/audit_command.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/audit_text.h"
#include "cli/endpoint.h"
#include "cli/json.h"
#include "cli/rpc/sync_client.h"

namespace readcount::cli {
namespace {

absl::Status Audit(Context& context) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  const absl::StatusOr<v1::AuditResponse> books = SyncClient(*endpoint).Audit();
  if (!books.ok()) return books.status();
  if (context.json()) {
    context.out.stream << MessageJson(*books) << '\n';
  } else {
    PrintBooks(*books, context.out.stream);
  }
  if (books->difference() == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the books do not balance: ", Imbalance(*books),
                   ": look for errors in the logs of the sync service and the article services, and "
                   "keep what Redis holds"));
}

}  // namespace

void AddAuditCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("audit", "Show the books, and whether they balance");
  command->callback([&context] { context.command = [&context] { return Audit(context); }; });
}

}  // namespace readcount::cli
