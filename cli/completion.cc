#include "cli/completion.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace readcount::cli {
namespace {

constexpr char kFile[] = "FILE";

// In single quotes, as shells read them.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Options by what is completed behind them; an option means the same in every command that has it.
struct ValueOptions {
  std::set<std::string> files, others;
  std::map<std::string, std::vector<std::string>> choices;
};

ValueOptions FindValueOptions(const std::vector<CommandInfo>& commands) {
  ValueOptions found;
  for (const CommandInfo& command : commands) {
    for (const OptionInfo& option : command.options) {
      if (option.value.empty() && option.choices.empty()) continue;
      if (!option.choices.empty()) {
        found.choices[option.name] = option.choices;
      } else {
        (option.value == kFile ? found.files : found.others).insert(option.name);
      }
    }
  }
  return found;
}

// The words that may stand after a command, each with its description: commands below it, values of its
// arguments, its options and those of all commands.
std::vector<std::pair<std::string, std::string>> WordsAfter(const CommandInfo& command,
                                                            const CommandInfo& root) {
  std::vector<std::pair<std::string, std::string>> words = command.commands;
  for (const OptionInfo& argument : command.arguments) {
    for (const std::string& choice : argument.choices) words.emplace_back(choice, argument.description);
  }
  std::set<std::string> named;
  for (const CommandInfo* from : {&command, &root}) {
    for (const OptionInfo& option : from->options) {
      if (named.insert(option.name).second) words.emplace_back(option.name, option.description);
    }
  }
  return words;
}

// Shell lines, the same in bash and zsh, that find in `place` which command the words before the present one
// name.
std::string FindPlace(const std::vector<CommandInfo>& commands, const std::string& loop,
                      const std::string& word) {
  std::string text =
      absl::StrCat("  local place='' i\n  for ((", loop, "; i++)); do\n    case \"$place ", word, "\" in\n");
  for (const CommandInfo& command : commands) {
    if (!command.path.empty())
      absl::StrAppend(&text, "      ' ", command.path, "') place=' ", command.path, "' ;;\n");
  }
  return text + "    esac\n  done\n";
}

}  // namespace

std::string BashCompletion(const std::vector<CommandInfo>& commands) {
  const ValueOptions values = FindValueOptions(commands);
  std::string text =
      "# Completes command lines of readcount in bash; made by `readcount completion bash`.\n"
      "_readcount() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''\n" +
      FindPlace(commands, "i = 1; i < COMP_CWORD", "${COMP_WORDS[i]}") + "  case \"$prev\" in\n";
  absl::StrAppend(&text, "    ", absl::StrJoin(values.files, "|"),
                  ")\n      compopt -o filenames 2>/dev/null\n"
                  "      mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n      return ;;\n");
  for (const auto& [option, choices] : values.choices) {
    absl::StrAppend(&text, "    ", option, ")\n      mapfile -t COMPREPLY < <(compgen -W '",
                    absl::StrJoin(choices, " "), "' -- \"$cur\")\n      return ;;\n");
  }
  absl::StrAppend(&text, "    ", absl::StrJoin(values.others, "|"),
                  ") return ;;\n  esac\n  case \"$place\" in\n");
  for (const CommandInfo& command : commands) {
    std::vector<std::string> words;
    for (const auto& [word, description] : WordsAfter(command, commands.front())) words.push_back(word);
    absl::StrAppend(&text, "    '", command.path.empty() ? "" : " ", command.path, "') words='",
                    absl::StrJoin(words, " "), "' ;;\n");
  }
  return text +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -F _readcount readcount\n";
}

std::string ZshCompletion(const std::vector<CommandInfo>& commands) {
  const ValueOptions values = FindValueOptions(commands);
  std::string text =
      "#compdef readcount\n"
      "# Completes command lines of readcount in zsh; made by `readcount completion zsh`.\n"
      "_readcount() {\n"
      "  local -a found\n" +
      FindPlace(commands, "i = 2; i < CURRENT", "${words[i]}") + "  case \"${words[CURRENT-1]}\" in\n";
  absl::StrAppend(&text, "    ", absl::StrJoin(values.files, "|"), ") _files; return ;;\n");
  for (const auto& [option, choices] : values.choices)
    absl::StrAppend(&text, "    ", option, ") compadd -- ", absl::StrJoin(choices, " "), "; return ;;\n");
  absl::StrAppend(&text, "    ", absl::StrJoin(values.others, "|"),
                  ") return ;;\n  esac\n  case \"$place\" in\n");
  for (const CommandInfo& command : commands) {
    absl::StrAppend(&text, "    '", command.path.empty() ? "" : " ", command.path, "')\n      found=(\n");
    for (const auto& [word, description] : WordsAfter(command, commands.front()))
      absl::StrAppend(&text, "        ", Quoted(absl::StrCat(word, ":", description)), "\n");
    absl::StrAppend(&text, "      ) ;;\n");
  }
  return text +
         "  esac\n"
         "  _describe -o 'readcount' found\n"
         "}\n"
         "if [ \"${funcstack[1]}\" = _readcount ]; then\n"
         "  _readcount \"$@\"\n"
         "else\n"
         "  compdef _readcount readcount\n"
         "fi\n";
}

std::string FishCompletion(const std::vector<CommandInfo>& commands) {
  std::string text =
      "# Completes command lines of readcount in fish; made by `readcount completion fish`.\n"
      "function __readcount_at\n"
      "  set -l place ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$place $word\"\n";
  for (const CommandInfo& command : commands) {
    if (!command.path.empty())
      absl::StrAppend(&text, "      case ' ", command.path, "'\n        set place ' ", command.path, "'\n");
  }
  text +=
      "    end\n"
      "  end\n"
      "  test \"$place\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c readcount -f\n";
  for (const CommandInfo& command : commands) {
    const bool is_root = command.path.empty();
    const std::string at =
        absl::StrCat("complete -c readcount -n ",
                     Quoted(absl::StrCat("__readcount_at '", is_root ? "" : " ", command.path, "'")));
    for (const auto& [name, description] : command.commands)
      absl::StrAppend(&text, at, " -a ", name, " -d ", Quoted(description), "\n");
    for (const OptionInfo& argument : command.arguments) {
      if (!argument.choices.empty())
        absl::StrAppend(&text, at, " -a '", absl::StrJoin(argument.choices, " "), "' -d ",
                        Quoted(argument.description), "\n");
    }
    for (const OptionInfo& option : command.options) {
      // Those of readcount itself may stand after every command.
      absl::StrAppend(&text, is_root ? "complete -c readcount" : at, " -l ", option.name.substr(2));
      if (!option.short_name.empty()) absl::StrAppend(&text, " -s ", option.short_name.substr(1));
      if (option.value == kFile)
        absl::StrAppend(&text, " -r -F");
      else if (!option.choices.empty())
        absl::StrAppend(&text, " -x -a '", absl::StrJoin(option.choices, " "), "'");
      else if (!option.value.empty())
        absl::StrAppend(&text, " -x");
      absl::StrAppend(&text, " -d ", Quoted(option.description), "\n");
    }
  }
  return text;
}

}  // namespace readcount::cli
