#pragma once

#include <CLI/App.hpp>
#include <string>
#include <utility>
#include <vector>

namespace readcount::cli {

// An option of a command, or an argument without a name.
struct OptionInfo {
  std::string name;                  // "--config"; of an argument its name in the usage: "ID"
  std::string short_name;            // "-h"; empty: none
  std::string value;                 // what it takes: "FILE"; empty: nothing
  std::vector<std::string> choices;  // all values that it takes, if they are few
  std::string description;
  std::string usual;  // the default, as text; empty: none or not told
  bool required = false;
  bool repeated = false;  // may stand several times
};

// A command as the parser knows it: the same from which help is made.
struct CommandInfo {
  std::string path;  // "sync run"; empty: readcount itself
  std::string description;
  std::vector<OptionInfo> options, arguments;
  std::vector<std::pair<std::string, std::string>> commands;  // below it: name and description
};

// All commands that help shows, each before those below it; the first is readcount itself.
std::vector<CommandInfo> CommandTree(const CLI::App& app);

}  // namespace readcount::cli
