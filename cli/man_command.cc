#include "cli/man_command.h"

#include <memory>
#include <ostream>

#include "cli/command_tree.h"
#include "cli/man_page.h"

namespace readcount::cli {

void AddManCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page");
  command->group("");
  auto date = std::make_shared<std::string>();
  command->add_option("--date", *date, "The page's date, YYYY-MM-DD")->required();
  command->callback([&app, &context, date] {
    context.command = [&app, &context, date] {
      context.out.stream << ManPage(CommandTree(app), *date);
      return absl::OkStatus();
    };
  });
}

}  // namespace readcount::cli
