#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"

namespace readcount {

// A program's working part, built whole from its settings.
class Program {
 public:
  virtual ~Program() = default;

  // The address it listens on, with the real port.
  virtual Address address() const = 0;

  // Stops taking work, finishes what is under way within `grace`. Called once, before destruction.
  virtual void Drain(absl::Duration grace) = 0;
};

// Finds what in the settings would keep the working part from being built, without listening or connecting.
// The message has a line for each fault, with place and key.
using CheckProgram = std::function<absl::Status(const Settings&)>;

// Builds and starts the working part. Errors stop the program with the message: INVALID_ARGUMENT, which says
// that the configuration is wrong, with status 2, all others with status 1, since they may be over at the
// next start. So do too few file descriptors, before it is called.
using BuildProgram = std::function<absl::StatusOr<std::unique_ptr<Program>>(const Settings&)>;

// The whole of `main`: reads the command line and the configuration, builds, serves until SIGTERM or SIGINT,
// drains. A second signal ends the process at once. A service manager is told of each of these steps.
//
//   --config FILE    configuration, app.yaml in the working directory by default
//   --announce FILE  writes the address served to FILE once it is served, for scripts that chose port 0
//   --get KEY        prints the effective value of one key, for scripts, and exits
//   --secrets        with --get: also of a key that holds a password or token
//   --check-config   checks the configuration, prints that it is valid or every fault, and exits
//   --version        prints the version and exits
//
// Returns the exit status: 0 after a clean stop, 1 if it could not start and may at the next try, 2 for a
// wrong command line or configuration, which a service manager need not try again.
int RunProgram(int argc, char** argv, absl::string_view name, const CheckProgram& check,
               const BuildProgram& build);

}  // namespace readcount
