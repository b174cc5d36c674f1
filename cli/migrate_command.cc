#include "cli/migrate_command.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/environment_files.h"
#include "cli/format.h"
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
  if (applied->sha256 != file.sha256) return "changed";
  return applied->tables_there ? "applied" : "tables missing";
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

void TellJson(Context& context, const Migration& file, absl::string_view state) {
  context.out.stream << ObjectJson({{"number", uint64_t{file.number}},
                                    {"name", file.name},
                                    {"state", std::string(state)}})
                     << std::endl;
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
  for (const Migration& file : *pending) {
    if (context.json()) {
      TellJson(context, file, "pending");
    } else {
      context.out.stream << "would apply " << file.file << '\n';
    }
  }
  if (pending->empty() && !context.json()) context.out.stream << "nothing to apply\n";
  return absl::OkStatus();
}

absl::Status NoServer(const Context& context, const Settings& settings) {
  for (const std::string& path : EnvironmentPaths(context)) {
    if (IsKeptSecret(path)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": cannot be read: it may name the server that is to be migrated: ", kRunAsReader));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(settings.Where("mysql.dsn"), ": is empty: name the server that is to be migrated"));
}

// Tells people what begins and programs what has been done.
class ApplyReport {
 public:
  explicit ApplyReport(Context& context) : context_(context) {}

  void Begins(const Migration& file) {
    Done();
    ++begun_;
    if (context_.json()) {
      under_way_ = &file;
    } else {
      context_.out.stream << "applying " << file.file << std::endl;
    }
  }

  // What had begun has been applied.
  void Done() {
    if (under_way_ != nullptr) TellJson(context_, *std::exchange(under_way_, nullptr), "applied");
  }

  size_t begun() const { return begun_; }

 private:
  Context& context_;
  size_t begun_ = 0;
  const Migration* under_way_ = nullptr;
};

absl::Status Migrate(Context& context, const Options& options) {
  const absl::StatusOr<Settings> settings = ReadSettings(context);
  if (!settings.ok()) return settings.status();
  if (settings->mysql.dsn_text.empty()) return NoServer(context, *settings);
  const absl::StatusOr<std::vector<Migration>> files = Files(options);
  if (!files.ok()) return absl::InvalidArgumentError(files.status().message());
  mysql::Migrator migrator({.mysql = settings->mysql, .applied_by = kVersion}, *files);
  if (options.status || options.dry_run) return Preview(context, options, migrator, *files);
  ApplyReport report(context);
  absl::Status status = migrator.Apply([&](const Migration& file) { report.Begins(file); });
  if (!status.ok()) return status;
  report.Done();
  if (context.json()) return status;
  context.out.stream << "the schema is complete: " << Counted(files->size(), "migration") << ", "
                     << report.begun() << " of them applied now\n";
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
