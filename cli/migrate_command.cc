#include "cli/migrate_command.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/json.h"
#include "cli/table.h"
#include "services/common/mysql/migrator.h"

namespace readcount::cli {
namespace {

using mysql::AppliedMigration;
using mysql::AppliedMigrations;
using mysql::Migration;

struct Options {
  bool status = false;
  bool dry_run = false;
  std::string folder;
};

constexpr char kVersion[] = "readcount " READCOUNT_VERSION;

absl::StatusOr<std::vector<Migration>> Files(const Options& options) {
  return options.folder.empty() ? mysql::BuiltInMigrations() : mysql::ReadMigrations(options.folder);
}

absl::string_view StateOf(const Migration& file, const AppliedMigration* applied) {
  if (applied == nullptr) return "pending";
  return applied->sha256 == file.sha256 ? "applied" : "changed";
}

// What a database has, and what the files would bring.
class Report {
 public:
  explicit Report(Context& context) : context_(context) {}

  void Add(uint64_t number, const std::string& name, absl::string_view state,
           const AppliedMigration* applied) {
    const std::string at = applied == nullptr ? "" : applied->applied_at;
    const std::string by = applied == nullptr ? "" : applied->applied_by;
    if (context_.json()) {
      context_.out.stream << ObjectJson({{"number", number},
                                         {"name", name},
                                         {"state", std::string(state)},
                                         {"applied_at", at},
                                         {"applied_by", by}})
                          << '\n';
    } else {
      table_.Add({absl::StrCat(number), name, std::string(state), at, by});
    }
  }

  void End() {
    if (!context_.json()) table_.Print(context_.out.stream);
  }

 private:
  Context& context_;
  Table table_{{{.title = "number", .align = Table::Align::kRight},
                {.title = "name"},
                {.title = "state"},
                {.title = "applied at, UTC"},
                {.title = "applied by"}}};
};

void ShowStatus(Context& context, const std::vector<Migration>& files, const AppliedMigrations& applied) {
  Report report(context);
  for (const Migration& file : files) {
    const auto found = applied.find(file.number);
    const AppliedMigration* const known = found == applied.end() ? nullptr : &found->second;
    report.Add(file.number, file.name, StateOf(file, known), known);
  }
  for (const auto& [number, migration] : applied) {
    if (number > files.size()) report.Add(number, migration.name, "unknown", &migration);
  }
  report.End();
}

void Tell(Context& context, const Migration& file, absl::string_view what) {
  if (context.json()) {
    context.out.stream << ObjectJson({{"number", uint64_t{file.number}},
                                      {"name", file.name},
                                      {"state", std::string(what)}})
                       << '\n';
  } else {
    context.out.stream << what << ' ' << file.file << '\n';
  }
  context.out.stream.flush();
}

// Shows what would be done, for --status and --dry-run. Fails if it could not be done.
absl::Status Preview(Context& context, const Options& options, mysql::Migrator& migrator,
                     const std::vector<Migration>& files) {
  const absl::StatusOr<AppliedMigrations> applied = migrator.ReadApplied();
  if (!applied.ok()) return applied.status();
  if (options.status) ShowStatus(context, files, *applied);
  const absl::StatusOr<std::vector<Migration>> pending = mysql::PendingMigrations(files, *applied);
  if (!pending.ok()) return pending.status();
  if (!options.dry_run) return absl::OkStatus();
  for (const Migration& file : *pending) Tell(context, file, "would apply");
  if (pending->empty() && !context.json()) context.out.stream << "nothing to apply\n";
  return absl::OkStatus();
}

absl::Status Migrate(Context& context, const Options& options) {
  const absl::StatusOr<Settings> settings = ReadSettings(context);
  if (!settings.ok()) return settings.status();
  if (settings->mysql.dsn_text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings->Where("mysql.dsn"), ": is empty: name the server that is to be migrated"));
  }
  const absl::StatusOr<std::vector<Migration>> files = Files(options);
  if (!files.ok()) return absl::InvalidArgumentError(files.status().message());
  mysql::Migrator migrator({.mysql = settings->mysql, .applied_by = kVersion}, *files);
  if (options.status || options.dry_run) return Preview(context, options, migrator, *files);
  size_t applied = 0;
  const absl::Status status = migrator.Apply([&](const Migration& file) {
    Tell(context, file, "applying");
    ++applied;
  });
  if (!status.ok()) return status;
  if (context.json()) return status;
  context.out.stream << "the schema is complete: " << files->size() << " migrations, " << applied
                     << " of them applied now\n";
  return status;
}

}  // namespace

void AddMigrateCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "migrate",
      "Bring MySQL to the schema that this version needs; the user of mysql.dsn must be allowed to CREATE");
  auto options = std::make_shared<Options>();
  command->add_flag("--status", options->status, "Show what the database has, and change nothing");
  command->add_flag("--dry-run", options->dry_run, "Show what would be applied, and change nothing");
  command
      ->add_option("--folder", options->folder,
                   "Apply the files of this folder instead of those of this version")
      ->type_name("DIR");
  command->callback(
      [&context, options] { context.command = [&context, options] { return Migrate(context, *options); }; });
}

}  // namespace readcount::cli
