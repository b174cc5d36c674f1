#include "cli/completion_command.h"

#include <CLI/Validators.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "cli/command_tree.h"
#include "cli/completion.h"

namespace readcount::cli {

void AddCompletionCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "completion", "Print what completes command lines in a shell: source <(readcount completion bash)");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "The shell")
      ->type_name("")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &context, shell] {
    context.command = [&app, &context, shell] {
      const std::vector<CommandInfo> commands = CommandTree(app);
      context.out.stream << (*shell == "bash"  ? BashCompletion(commands)
                             : *shell == "zsh" ? ZshCompletion(commands)
                                               : FishCompletion(commands));
      return absl::OkStatus();
    };
  });
}

}  // namespace readcount::cli
