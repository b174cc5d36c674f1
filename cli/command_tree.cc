#include "cli/command_tree.h"

#include <CLI/Option.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount::cli {
namespace {

// The parser writes the values that an option is checked for behind its type: NAME:{a,b}.
void SetValue(const std::string& type, OptionInfo& info) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(type, absl::MaxSplits(":{", 1));
  info.value = parts.first;
  if (!parts.second.empty())
    info.choices = absl::StrSplit(parts.second.substr(0, parts.second.find('}')), ',');
}

OptionInfo Describe(const CLI::Option& option) {
  OptionInfo info{.description = option.get_description(),
                  .usual = option.get_default_str(),
                  .required = option.get_required(),
                  .repeated = option.get_items_expected_max() > 1};
  const bool is_flag = option.get_items_expected_max() == 0 || option.get_type_size_max() == 0;
  if (option.get_positional()) {
    info.name = option.get_name(/*positional=*/true);
    SetValue(option.get_type_name(), info);
    return info;
  }
  info.name = "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) info.short_name = "-" + option.get_snames().front();
  if (!is_flag) SetValue(option.get_type_name(), info);
  return info;
}

bool IsHidden(const std::string& group) {
  return group.empty();
}

void Add(const CLI::App& app, const std::string& path, std::vector<CommandInfo>& all) {
  CommandInfo info{.path = path, .description = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (IsHidden(option->get_group())) continue;
    (option->get_positional() ? info.arguments : info.options).push_back(Describe(*option));
  }
  const auto below =
      app.get_subcommands([](const CLI::App* command) { return !IsHidden(command->get_group()); });
  for (const CLI::App* command : below)
    info.commands.emplace_back(command->get_name(), command->get_description());
  all.push_back(std::move(info));
  for (const CLI::App* command : below)
    Add(*command, absl::StrCat(path, path.empty() ? "" : " ", command->get_name()), all);
}

}  // namespace

std::vector<CommandInfo> CommandTree(const CLI::App& app) {
  std::vector<CommandInfo> all;
  Add(app, "", all);
  return all;
}

}  // namespace readcount::cli
