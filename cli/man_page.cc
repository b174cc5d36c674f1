#include "cli/man_page.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/exit_code.h"

namespace readcount::cli {
namespace {

constexpr size_t kLineWidth = 76;

// Text as roff reads it: no macro at a line's beginning, hyphens that can be copied as such.
std::string Escaped(absl::string_view text) {
  std::string escaped =
      absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"`", "\\(ga"}});
  if (absl::StartsWith(escaped, ".")) escaped.insert(0, "\\&");
  return escaped;
}

// The text in lines.
std::string Filled(absl::string_view text) {
  std::string filled, line;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::string escaped = Escaped(word);
    if (!line.empty() && line.size() + 1 + escaped.size() > kLineWidth) {
      absl::StrAppend(&filled, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", escaped);
  }
  return absl::StrCat(filled, line, line.empty() ? "" : "\n");
}

std::string Bold(absl::string_view text) {
  return absl::StrCat("\\fB", Escaped(text), "\\fR");
}
std::string Italic(absl::string_view text) {
  return absl::StrCat("\\fI", Escaped(text), "\\fR");
}

std::string Sentence(const OptionInfo& option) {
  std::string text = option.description;
  if (!option.choices.empty()) absl::StrAppend(&text, ": ", absl::StrJoin(option.choices, ", "));
  if (!option.usual.empty()) absl::StrAppend(&text, "; by default ", option.usual);
  return text + ".";
}

std::string Described(const OptionInfo& option) {
  std::string head = absl::StartsWith(option.name, "-") ? Bold(option.name) : Italic(option.name);
  if (!option.short_name.empty()) head = absl::StrCat(Bold(option.short_name), ", ", head);
  if (!option.value.empty()) absl::StrAppend(&head, " ", Italic(option.value));
  return absl::StrCat(".TP\n", head, "\n", Filled(Sentence(option)));
}

std::string Usage(const CommandInfo& command) {
  std::string usage = Bold("readcount " + command.path);
  if (!command.options.empty()) absl::StrAppend(&usage, " [", Italic("options"), "]");
  for (const OptionInfo& argument : command.arguments) {
    const std::string name = absl::StrCat(Italic(argument.name), argument.repeated ? " ..." : "");
    absl::StrAppend(&usage, " ", argument.required ? name : absl::StrCat("[", name, "]"));
  }
  return usage;
}

// Without -h, which all have.
bool IsHelp(const OptionInfo& option) {
  return option.name == "--help";
}

std::string Section(const CommandInfo& command) {
  std::string text = absl::StrCat(".SS ", Usage(command), "\n", Filled(command.description + "."));
  for (const auto* options : {&command.arguments, &command.options}) {
    for (const OptionInfo& option : *options) {
      if (!IsHelp(option)) text += Described(option);
    }
  }
  return text;
}

constexpr char kDescription[] =
    "readcount counts views of articles: article services record them in Redis, and a sync service moves "
    "them to "
    "MySQL, each exactly once. This tool asks these services, over gRPC, and looks after them. Results go to "
    "standard "
    "output, and everything else to standard error.";

constexpr char kJson[] =
    "With --json each answer is an object on a line of its own, with the names of the API's messages. view "
    "and "
    "get write one for each article; list, sync runs and dead-letters list one for each page, with the items "
    "in "
    "an array and next_page_token; doctor one for each check, migrate one for each migration; sync watch and "
    "load go on writing them. Ids and counts are numbers, times RFC 3339 in UTC, spans seconds under a name "
    "that "
    "ends in _seconds. Fields are added in later versions, but none is renamed or taken away.";

struct Entry {
  absl::string_view head, text;
};

constexpr Entry kEnvironment[] = {
    {"READCOUNT_TOKEN",
     "The token for the sync service, where --token-file gives none. There is no option for it: the "
     "command line can be read by others."},
    {"READCOUNT_SECTION_KEY",
     "Each key of the configuration, as for the programs: READCOUNT_GATEWAY_SYNC_SERVICE is "
     "gateway.sync_service."},
    {"USER",
     "Who asks, for the history of runs and the log, unless --requested-by says; if it is not set, the user "
     "whom readcount runs as."}};

constexpr Entry kFiles[] = {
    {"app.yaml",
     "The configuration of the programs, in this folder, from which the services' addresses are read."},
    {"/etc/readcount/app.yaml", "The same, if there is none in this folder."}};

constexpr Entry kExamples[] = {
    {"readcount sync run", "Brings all that was counted until now to MySQL, and shows how far it is."},
    {"readcount audit --json", "The books for a program; the exit status says whether they balance."},
    {"readcount doctor", "Looks for what is wrong, and says what to do."},
    {"readcount load --rate 1000 --ids 100000 --zipf 0.99 --duration 1m --books",
     "A trial, which at the end compares what was acknowledged with the books."}};

template <size_t count>
std::string Entries(absl::string_view title, const Entry (&entries)[count]) {
  std::string text = absl::StrCat(".SH ", title, "\n");
  for (const Entry& entry : entries)
    absl::StrAppend(&text, ".TP\n", Bold(entry.head), "\n", Filled(entry.text));
  return text;
}

std::string ExitStatus() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : ExitCodeMeanings())
    absl::StrAppend(&text, ".TP\n", Bold(absl::StrCat(static_cast<int>(code))), "\n",
                    Filled(absl::StrCat(meaning, ".")));
  return text;
}

}  // namespace

std::string ManPage(const std::vector<CommandInfo>& commands, absl::string_view date) {
  const CommandInfo& root = commands.front();
  std::string page = absl::StrCat(
      ".TH READCOUNT 1 ", date, " \"readcount ", READCOUNT_VERSION, "\" \"User Commands\"\n",
      ".SH NAME\nreadcount \\- operates readcount: its articles, syncer and books\n", ".SH SYNOPSIS\n",
      Bold("readcount"), " [", Italic("options"), "] ", Italic("command"), " [", Italic("arguments"),
      "]\n.SH DESCRIPTION\n", Filled(kDescription), ".PP\n", Filled(kJson), ".SH COMMANDS\n");
  for (const CommandInfo& command : commands) {
    if (!command.path.empty() && command.commands.empty()) page += Section(command);
  }
  page += ".SH OPTIONS\nThese may stand before or after a command.\n";
  for (const OptionInfo& option : root.options) page += Described(option);
  return absl::StrCat(page, ExitStatus(), Entries("ENVIRONMENT", kEnvironment), Entries("FILES", kFiles),
                      Entries("EXAMPLES", kExamples));
}

}  // namespace readcount::cli
