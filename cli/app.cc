#include "cli/app.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/audit_command.h"
#include "cli/completion_command.h"
#include "cli/dead_letters_command.h"
#include "cli/doctor_command.h"
#include "cli/exit_code.h"
#include "cli/get_command.h"
#include "cli/list_command.h"
#include "cli/load_command.h"
#include "cli/man_command.h"
#include "cli/migrate_command.h"
#include "cli/sync_command.h"
#include "cli/usage_message.h"
#include "cli/view_command.h"

namespace readcount::cli {
namespace {

void AddAddresses(CLI::App& app, Context& context) {
  AddAddressOption(app, "--article-service", context.article_service,
                   "Address of the article service; without it gateway.article_service of the configuration");
  AddAddressOption(app, "--sync-service", context.sync_service,
                   "Address of the sync service; without it gateway.sync_service of the configuration");
  AddAddressOption(app, "--gateway", context.gateway,
                   "Address of the gateway; without it gateway.listen of the configuration");
}

void AddCredentials(CLI::App& app, Context& context) {
  app.add_option("--token-file", context.token_file,
                 "File with the token for the sync service; without it READCOUNT_TOKEN of the environment")
      ->type_name("FILE");
  app.add_option("--tls-ca", context.tls_ca, "Speak TLS, and trust the certificates in this PEM file")
      ->type_name("FILE");
  app.add_option("--tls-cert", context.tls_cert, "Speak TLS, and show the certificate in this PEM file")
      ->type_name("FILE");
  app.add_option("--tls-key", context.tls_key, "The key of --tls-cert, a PEM file")->type_name("FILE");
}

void AddCommonOptions(CLI::App& app, Context& context) {
  app.add_option("--config", context.config,
                 "Configuration file; without it app.yaml in this folder, or else /etc/readcount/app.yaml, "
                 "or else the "
                 "usual addresses on this machine")
      ->type_name("FILE");
  AddAddresses(app, context);
  AddCredentials(app, context);
  AddTimeOption(app, "--timeout", context.timeout, absl::Milliseconds(1), absl::Hours(24),
                "Longest wait for the answer to one call");
  app.add_flag_callback(
      "--json", [&context] { context.output = OutputMode::kJson; },
      "Write JSON for programs instead of text for people: an object on a line of its own for each answer, "
      "which for a list is a page");
  app.set_version_flag("--version", "readcount " READCOUNT_VERSION, "Print the version and exit");
}

std::string Footer() {
  std::string text = "The options of `readcount --help` may stand after a command too. Exit status:\n";
  for (const auto& [code, meaning] : ExitCodeMeanings())
    absl::StrAppend(&text, "  ", static_cast<int>(code), "  ", meaning, "\n");
  return text;
}

}  // namespace

std::unique_ptr<CLI::App> MakeApp(Context& context) {
  auto app =
      std::make_unique<CLI::App>("Operates readcount: its articles, its syncer and its books", "readcount");
  // What the commands inherit has to be there before them.
  app->fallthrough();
  app->footer(Footer());
  app->set_help_flag("-h,--help", "Print this help and exit");
  app->require_subcommand(1);
  app->failure_message(UsageMessage);
  AddCommonOptions(*app, context);
  AddViewCommand(*app, context);
  AddGetCommand(*app, context);
  AddListCommand(*app, context);
  AddSyncCommand(*app, context);
  AddAuditCommand(*app, context);
  AddDeadLettersCommand(*app, context);
  AddDoctorCommand(*app, context);
  AddLoadCommand(*app, context);
  AddMigrateCommand(*app, context);
  AddCompletionCommand(*app, context);
  AddManCommand(*app, context);
  return app;
}

}  // namespace readcount::cli
