#include <unistd.h>

#include <CLI/Error.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli/app.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "services/common/base/log.h"

namespace {

// The status of a command or of --help; what standard output did not take is a failure too.
int Finish(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "readcount: standard output could not be written: what is there is not all\n";
  return status == readcount::cli::kOk ? readcount::cli::kFailed : status;
}

// A command that was interrupted ends as the signal would have ended it, so that the script that runs it ends
// too.
int EndBySignal(int status) {
  const int signal = readcount::cli::CaughtSignal();
  if (status != readcount::cli::kInterrupted || signal == 0) return status;
  std::raise(signal);
  constexpr int kShellsBase = 128;
  return kShellsBase + signal;  // the first process of a container outlives it
}

}  // namespace

int main(int argc, char** argv) {
  // What the parts that the programs share would log, the command tells as its result.
  readcount::InitLogging("readcount", readcount::LogLevel::kNone);
  // What gRPC would log itself comes back as statuses.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // While calls fail at once nobody waits at the socket that connects anew; gRPC looks at it this often, and
  // otherwise every 5 seconds.
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", /*overwrite=*/0);
  readcount::cli::Context context{.environment = readcount::ProcessEnvironment(),
                                  .in = {std::cin, isatty(STDIN_FILENO) == 1},
                                  .out = {std::cout, isatty(STDOUT_FILENO) == 1},
                                  .err = {std::cerr, isatty(STDERR_FILENO) == 1},
                                  .clock = readcount::SystemClock()};
  const auto app = readcount::cli::MakeApp(context);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Finish(app->exit(error) == 0 ? readcount::cli::kOk : readcount::cli::kBadUsage);
  }
  const absl::Status status = context.command();
  // Whoever interrupts a command need not be told so.
  if (!status.message().empty()) std::cerr << "readcount: " << status.message() << '\n';
  return EndBySignal(Finish(readcount::cli::ToExitCode(status)));
}
