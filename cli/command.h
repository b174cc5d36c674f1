#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/config/settings.h"

namespace readcount::cli {

// How results are written to `Context::out`.
enum class OutputMode {
  kText,  // for people
  kJson,  // for programs: one JSON object a line, of each answer or page, as json.h says
};

// A stream to or from the operator.
template <typename Stream>
struct Console {
  Stream& stream;
  bool is_terminal = false;
};

// What a command finds around it: the options that all commands have, and the world. It outlives the command.
//
// A command is a pair of files with `void AddXxxCommand(CLI::App& app, Context& context)`, which adds its
// subcommand to `app` and lets the subcommand's callback set `context.command`. main runs that after all has
// been parsed, and makes of its status the exit code (exit_code.h). Results go to `out`, everything else to
// `err`.
struct Context {
  // Options of all commands, as given; empty where they are not.
  std::string config;
  OutputMode output = OutputMode::kText;
  std::string article_service, sync_service, gateway;  // addresses, host:port
  std::string token_file;
  std::string tls_ca, tls_cert, tls_key;       // PEM files
  absl::Duration timeout = absl::Seconds(10);  // of one call to a service

  // The world, which tests replace.
  std::string package_folder = "/etc/readcount";  // where the package has app.yaml and its *.env
  Environment environment;
  Console<std::istream> in;
  Console<std::ostream> out;
  Console<std::ostream> err;
  const Clock& clock;

  // What is to be done. INVALID_ARGUMENT says that the command line or the configuration is wrong.
  std::function<absl::Status()> command;

  bool json() const { return output == OutputMode::kJson; }
};

// The configuration file that the command reads: --config, or else the first that is there of app.yaml and
// /etc/readcount/app.yaml, or else none, which is empty.
std::string SettingsPath(const Context& context);

// The files of variables that the package's services read beside that of the package, servers.env and
// gateway.env; none for another configuration.
std::vector<std::string> EnvironmentPaths(const Context& context);

// Who may read the package's files, for messages.
inline constexpr char kRunAsReader[] = "run it as root (sudo) or as a member of the group readcount";

// That file with what the environment overrides, and what the files of variables do; without a file, the
// defaults. INVALID_ARGUMENT with everything that is wrong in it, a line each, or if it cannot be read.
absl::StatusOr<Settings> ReadSettings(const Context& context);

}  // namespace readcount::cli
