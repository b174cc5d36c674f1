#include "cli/audit_command.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/endpoint.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/rpc/sync_client.h"
#include "cli/table.h"

namespace readcount::cli {
namespace {

void PrintBooks(const v1::AuditResponse& books, std::ostream& out) {
  Table table({{.title = ""}, {.title = "", .align = Table::Align::kRight}, {.title = ""}});
  table.Add({"views recorded by article services", Grouped(books.recorded())});
  table.Add({"+ added to the hash by others", Grouped(books.added_by_others())});
  table.Add({"- taken out of the hash by others", Grouped(books.taken_by_others())});
  const int64_t expected = books.recorded() + books.added_by_others() - books.taken_by_others();
  table.Add({"= to be found", Grouped(expected)});
  table.Add({});
  table.Add({"applied to articles.read_count in MySQL", Grouped(books.applied())});
  table.Add({"+ sealed in Redis, on their way", Grouped(books.sealed())});
  table.Add({"+ live in Redis", Grouped(books.live())});
  table.Add({"+ among the dead letters", Grouped(books.dead_lettered()),
             absl::StrCat("in ", Grouped(books.dead_letters()), " letters")});
  table.Add({"= found", Grouped(expected - books.difference())});
  table.Add({});
  table.Add({"difference", Grouped(books.difference()), books.difference() == 0 ? "the books balance" : ""});
  table.Print(out);
  out << "read at " << Moment(books.has_read_at(), books.read_at()) << '\n';
}

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
      absl::StrCat("the books do not balance: ", books->difference() > 0 ? "missing are " : "too many are ",
                   Grouped(books->difference() > 0 ? books->difference() : -books->difference()),
                   " views: look for errors in the logs of the sync service and the article services, and "
                   "keep what Redis holds"));
}

}  // namespace

void AddAuditCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("audit", "Show the books, and whether they balance");
  command->callback([&context] { context.command = [&context] { return Audit(context); }; });
}

}  // namespace readcount::cli
