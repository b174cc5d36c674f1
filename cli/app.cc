#include "cli/app.h"

#include "cli/audit_command.h"

namespace readcount::cli {
namespace {

void AddCommonOptions(CLI::App& app, Context& context) {
  app.add_option(
         "--config", context.config,
         "Configuration file; without it app.yaml in this folder, else /etc/readcount/app.yaml, else the "
         "usual addresses on this machine")
      ->type_name("FILE");
  app.add_option("--article-service", context.article_service,
                 "Address of the article service; without it gateway.article_service of the configuration")
      ->type_name("HOST:PORT");
  app.add_option("--sync-service", context.sync_service,
                 "Address of the sync service; without it gateway.sync_service of the configuration")
      ->type_name("HOST:PORT");
  app.add_option("--gateway", context.gateway,
                 "Address of the gateway; without it gateway.listen of the configuration")
      ->type_name("HOST:PORT");
  AddTimeOption(app, "--timeout", context.timeout, absl::Milliseconds(1), absl::Hours(24),
                "Longest wait for the answer to one call");
  app.add_option("--token-file", context.token_file,
                 "File that holds the token for the services; without it the environment's READCOUNT_TOKEN")
      ->type_name("FILE");
  app.add_option("--tls-ca", context.tls_ca, "Speak TLS, and trust the certificates of this PEM file")
      ->type_name("FILE");
  app.add_option("--tls-cert", context.tls_cert, "Speak TLS, and show the certificate of this PEM file")
      ->type_name("FILE");
  app.add_option("--tls-key", context.tls_key, "The key of --tls-cert, a PEM file")->type_name("FILE");
  app.add_flag_callback(
      "--json", [&context] { context.output = OutputMode::kJson; },
      "Write JSON for programs, an object a line, instead of text for people");
  app.set_version_flag("--version", "readcount " READCOUNT_VERSION, "Print the version and exit");
}

constexpr char kFooter[] =
    "The options of `readcount --help` may stand after a command too. Exit status: 0 done, 1 failed or found "
    "wrong, "
    "2 bad usage or configuration, 3 unreachable, 4 credentials refused, 5 not known whether it was done.";

}  // namespace

std::unique_ptr<CLI::App> MakeApp(Context& context) {
  auto app =
      std::make_unique<CLI::App>("Operates readcount: its articles, its syncer and its books", "readcount");
  // What follows is inherited by the commands.
  app->fallthrough();
  app->footer(kFooter);
  app->set_help_flag("-h,--help", "Print this help and exit");
  app->require_subcommand(1);
  AddCommonOptions(*app, context);
  AddAuditCommand(*app, context);
  return app;
}

}  // namespace readcount::cli
