#include <unistd.h>

#include <CLI/Error.hpp>
#include <cstdlib>
#include <iostream>

#include "cli/app.h"
#include "cli/exit_code.h"

namespace {

// The status of a command or of --help; what standard output did not take is a failure too.
int Finish(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "readcount: standard output could not be written: what is there is not all\n";
  return status == readcount::cli::kOk ? readcount::cli::kFailed : status;
}

}  // namespace

int main(int argc, char** argv) {
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
  if (!status.ok()) std::cerr << "readcount: " << status.message() << '\n';
  return Finish(readcount::cli::ToExitCode(status));
}
