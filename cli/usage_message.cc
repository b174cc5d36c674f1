#include "cli/usage_message.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace readcount::cli {
namespace {

// The command that the words named, before the one that went wrong.
const CLI::App& Reached(const CLI::App& app) {
  const CLI::App* reached = &app;
  while (!reached->get_subcommands().empty()) reached = reached->get_subcommands().front();
  return *reached;
}

std::string Path(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : absl::StrCat(Path(*parent), " ", command.get_name());
}

std::string CommandNames(const CLI::App& command) {
  const auto below = command.get_subcommands([](const CLI::App*) { return true; });
  return absl::StrJoin(below, ", ", [](std::string* names, const CLI::App* choice) {
    absl::StrAppend(names, choice->get_name());
  });
}

// Why no command below `command` was found among its words.
std::string Fault(const std::vector<std::string>& unknown) {
  if (unknown.empty()) return "a command is missing";
  return absl::StrCat("unknown ", absl::StartsWith(unknown.front(), "-") ? "option" : "command", " '",
                      unknown.front(), "'");
}

}  // namespace

std::string UsageMessage(const CLI::App* app, const CLI::Error& error) {
  const CLI::App& command = Reached(*app);
  const std::string names = CommandNames(command);
  const bool lacks_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !names.empty();
  if (!lacks_command) return CLI::FailureMessage::simple(app, error);
  const std::string path = Path(command);
  return absl::StrCat(path, ": ", Fault(app->remaining(/*recurse=*/true)), ": the commands are ", names,
                      "\nRun `", path, " --help` for more information.\n");
}

}  // namespace readcount::cli
