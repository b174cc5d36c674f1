#include "cli/dead_letters_command.h"

#include <CLI/Validators.hpp>
#include <istream>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/arguments.h"
#include "cli/endpoint.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/pages.h"
#include "cli/requester.h"
#include "cli/rpc/sync_client.h"
#include "cli/table.h"

namespace readcount::cli {
namespace {

const std::map<std::string, v1::DeadLetterReason>& Reasons() {
  static const std::map<std::string, v1::DeadLetterReason> reasons = {
      {"not_an_article_id", v1::DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID},
      {"not_a_number", v1::DEAD_LETTER_REASON_NOT_A_NUMBER},
      {"no_such_article", v1::DEAD_LETTER_REASON_NO_SUCH_ARTICLE},
      {"overflow", v1::DEAD_LETTER_REASON_OVERFLOW},
      {"negative_result", v1::DEAD_LETTER_REASON_NEGATIVE_RESULT}};
  return reasons;
}

constexpr int kMostInPage = 1000;  // that the service lists

// Which letters, as the options of retry and drop say.
struct Selection {
  std::vector<uint64_t> ids;
  std::string reason;
  bool all = false;
  std::string requested_by;
  bool yes = false;  // drop only
};

void AddReason(CLI::App& command, std::string& reason) {
  std::vector<std::string> names;
  for (const auto& [name, value] : Reasons()) names.push_back(name);
  command.add_option("--reason", reason, "Only those that have this reason")
      ->type_name("REASON")
      ->check(CLI::IsMember(names));
}

v1::DeadLetterReason ToReason(const std::string& name) {
  const auto found = Reasons().find(name);
  return found == Reasons().end() ? v1::DEAD_LETTER_REASON_UNSPECIFIED : found->second;
}

std::shared_ptr<Selection> AddSelection(CLI::App& command, const Context& context) {
  auto selection = std::make_shared<Selection>();
  CLI::Option* ids = AddIds(command, selection->ids, "The letters' ids");
  AddReason(command, selection->reason);
  command.add_flag("--all", selection->all, "All of them")->excludes(ids)->excludes("--reason");
  AddRequester(command, context, selection->requested_by, "the log");
  return selection;
}

absl::StatusOr<v1::DeadLetterSelection> ToProto(const Selection& selection) {
  if (selection.ids.empty() && selection.reason.empty() && !selection.all)
    return absl::InvalidArgumentError("which dead letters? Name their ids, a --reason, or --all");
  v1::DeadLetterSelection proto;
  proto.mutable_ids()->Assign(selection.ids.begin(), selection.ids.end());
  proto.set_reason(ToReason(selection.reason));
  proto.set_all(selection.all);
  return proto;
}

// Which letters a request is about, and NOT_FOUND with those that were named and are not there.
struct Chosen {
  v1::DeadLetterSelection selection;
  absl::Status missing;
};

absl::Status NoSuchLetters(const std::set<uint64_t>& ids, const std::string& reason) {
  const bool one = ids.size() == 1;
  return absl::NotFoundError(
      absl::StrCat(one ? "there is no dead letter " : "there are no dead letters ", absl::StrJoin(ids, ", "),
                   reason.empty() ? "" : absl::StrCat(" with the reason ", reason), ": ",
                   one ? "it was added or dropped before, or never was"
                       : "they were added or dropped before, or never were"));
}

// Looks for the letters that are named: a request does not tell which of them it found. NOT_FOUND if none is
// there, so that a selection of them never becomes one without ids.
absl::StatusOr<Chosen> Choose(SyncClient& client, const Selection& selection) {
  absl::StatusOr<v1::DeadLetterSelection> selected = ToProto(selection);
  if (!selected.ok()) return selected.status();
  if (selection.ids.empty()) return Chosen{.selection = *std::move(selected)};
  std::set<uint64_t> there, missing(selection.ids.begin(), selection.ids.end());
  v1::ListDeadLettersRequest request;
  request.set_reason(selected->reason());
  request.set_page_size(kMostInPage);
  do {
    const absl::StatusOr<v1::ListDeadLettersResponse> page = client.ListDeadLetters(request);
    if (!page.ok()) return page.status();
    for (const v1::DeadLetter& letter : page->dead_letters()) {
      if (missing.erase(letter.id()) > 0) there.insert(letter.id());
    }
    request.set_page_token(page->next_page_token());
  } while (!missing.empty() && !request.page_token().empty());
  const absl::Status error = missing.empty() ? absl::OkStatus() : NoSuchLetters(missing, selection.reason);
  if (there.empty()) return error;
  selected->mutable_ids()->Assign(there.begin(), there.end());
  return Chosen{.selection = *std::move(selected), .missing = error};
}

// What is wrong in the end: one of them, or both.
absl::Status Both(const absl::Status& one, const absl::Status& other) {
  if (one.ok() || other.ok()) return one.ok() ? other : one;
  return {one.code(), absl::StrCat(one.message(), "; ", other.message())};
}

absl::Status StillKept(uint64_t letters) {
  if (letters == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      Counted(letters, "letter"),
      " could not be added and must stay: `readcount dead-letters list` tells the reason of each"));
}

absl::Status NotYet(uint64_t letters) {
  if (letters == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      Counted(letters, "letter"), " must stay until the run that put them there is over: ask again then"));
}

void PrintLetters(const v1::ListDeadLettersResponse& page, std::ostream& out) {
  constexpr auto kRight = Table::Align::kRight;
  Table table(
      {{"LETTER", kRight}, {"SINCE"}, {"REASON"}, {"FIELD"}, {"VALUE"}, {"VIEWS", kRight}, {"BATCH"}});
  for (const v1::DeadLetter& letter : page.dead_letters()) {
    table.Add({absl::StrCat(letter.id()), Moment(letter.has_created_at(), letter.created_at()),
               Words(v1::DeadLetterReason_Name(letter.reason()), "DEAD_LETTER_REASON_"), letter.field(),
               letter.value(), Grouped(letter.views()), absl::StrCat(letter.life(), "/", letter.epoch())});
  }
  table.Print(out);
}

absl::Status List(Context& context, const PageOptions& pages, const std::string& reason) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  v1::ListDeadLettersRequest request;
  request.set_reason(ToReason(reason));
  return ShowPages(
      context, pages, request, [&] { return client.ListDeadLetters(request); },
      [&](const v1::ListDeadLettersResponse& page) { PrintLetters(page, context.out.stream); });
}

absl::Status Retry(Context& context, const Selection& selection) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  absl::StatusOr<Chosen> chosen = Choose(client, selection);
  if (!chosen.ok()) return chosen.status();
  v1::RetryDeadLettersRequest request;
  *request.mutable_selection() = std::move(chosen->selection);
  request.set_requested_by(selection.requested_by);
  const absl::StatusOr<v1::RetryDeadLettersResponse> response = client.RetryDeadLetters(request);
  if (!response.ok()) return response.status();
  if (context.json()) {
    context.out.stream << MessageJson(*response) << '\n';
  } else {
    context.out.stream << Counted(response->added(), "letter") << " added to articles, with "
                       << Counted(response->views(), "view") << "\n";
  }
  return Both(chosen->missing, StillKept(response->kept()));
}

// What drop is about to do, for the question and the refusal.
std::string Described(const Selection& selection, const v1::DeadLetterSelection& chosen) {
  if (selection.all) return "all dead letters";
  const std::string reason =
      selection.reason.empty() ? "" : absl::StrCat(" with the reason ", selection.reason);
  if (selection.ids.empty()) return absl::StrCat("all dead letters", reason);
  return absl::StrCat(Counted(static_cast<uint64_t>(chosen.ids_size()), "dead letter"), reason);
}

absl::Status Confirm(Context& context, const Selection& selection, const Chosen& chosen) {
  if (selection.yes) return absl::OkStatus();
  const std::string letters = Described(selection, chosen.selection);
  if (!context.in.is_terminal) {
    return absl::InvalidArgumentError(
        absl::StrCat("would give up ", letters, ", which cannot be undone: confirm by --yes"));
  }
  context.err.stream << "Give up " << letters << "? Their views will never reach an article. [y/N] "
                     << std::flush;
  std::string answer;
  std::getline(context.in.stream, answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return absl::AbortedError("nothing was dropped");
}

absl::Status Drop(Context& context, const Selection& selection) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  absl::StatusOr<Chosen> chosen = Choose(client, selection);
  if (!chosen.ok()) return chosen.status();
  if (absl::Status confirmed = Confirm(context, selection, *chosen); !confirmed.ok()) return confirmed;
  v1::DropDeadLettersRequest request;
  *request.mutable_selection() = std::move(chosen->selection);
  request.set_requested_by(selection.requested_by);
  const absl::StatusOr<v1::DropDeadLettersResponse> response = client.DropDeadLetters(request);
  if (!response.ok()) return response.status();
  if (context.json()) {
    context.out.stream << MessageJson(*response) << '\n';
  } else {
    context.out.stream << Counted(response->dropped(), "letter") << " given up, with "
                       << Counted(response->views(), "view") << "\n";
  }
  return Both(chosen->missing, NotYet(response->kept()));
}

void AddList(CLI::App& group, Context& context) {
  struct Options {
    std::string reason;
    PageOptions pages;
  };
  CLI::App* command = group.add_subcommand("list", "Show them, oldest first");
  auto options = std::make_shared<Options>();
  AddReason(*command, options->reason);
  AddPageOptions(*command, options->pages, 1000, 50);
  command->callback([&context, options] {
    context.command = [&context, options] { return List(context, options->pages, options->reason); };
  });
}

void AddRetry(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand(
      "retry", "Try again to add them to their articles, for example once a missing article is back");
  command->callback([&context, selection = AddSelection(*command, context)] {
    context.command = [&context, selection] { return Retry(context, *selection); };
  });
}

void AddDrop(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("drop", "Give them up: their views never reach an article");
  auto selection = AddSelection(*command, context);
  command->add_flag("--yes", selection->yes, "Do not ask");
  command->callback([&context, selection] {
    context.command = [&context, selection] { return Drop(context, *selection); };
  });
}

}  // namespace

void AddDeadLettersCommand(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("dead-letters", "See to what could not be added to an article, and why");
  group->require_subcommand(1);
  AddList(*group, context);
  AddRetry(*group, context);
  AddDrop(*group, context);
}

}  // namespace readcount::cli
