#include "cli/doctor_command.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/doctor/config_checks.h"
#include "cli/doctor/diagnosis.h"
#include "cli/doctor/machine_checks.h"
#include "cli/doctor/mysql_checks.h"
#include "cli/doctor/redis_checks.h"
#include "cli/doctor/service_checks.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

std::string Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kProblem:
      return "problem";
  }
  return "";
}

void Print(const Diagnosis& diagnosis, Context& context) {
  std::ostream& out = context.out.stream;
  if (context.json()) {
    out << ObjectJson({{"check", diagnosis.check},
                       {"verdict", Word(diagnosis.verdict)},
                       {"seen", diagnosis.seen},
                       {"to_do", diagnosis.to_do}})
        << '\n';
    return;
  }
  constexpr size_t kVerdictWidth = 9;
  std::string verdict = Word(diagnosis.verdict);
  verdict.resize(kVerdictWidth, ' ');
  out << verdict << diagnosis.check << ": " << Plain(diagnosis.seen) << '\n';
  if (!diagnosis.to_do.empty())
    out << std::string(kVerdictWidth, ' ') << "to do: " << Plain(diagnosis.to_do) << '\n';
}

Diagnoses Examine(const Context& context) {
  Diagnoses found;
  const std::optional<Settings> settings = CheckConfiguration(context, found);
  if (!settings.has_value()) return found;
  CheckSecrets(context, *settings, found);
  CheckBinds(*settings, found);
  CheckSpool(*settings, found);
  CheckDescriptors(*settings, found);
  CheckRedis(*settings, context.clock, found);
  CheckMysql(*settings, context.clock, found);
  CheckServices(context, *settings, found);
  return found;
}

absl::Status ExamineAndTell(Context& context, bool allow_warnings) {
  // A server that goes away in mid-call is a finding, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  const Diagnoses found = Examine(context);
  const auto count = [&](Verdict verdict) {
    return static_cast<uint64_t>(
        std::count_if(found.all().begin(), found.all().end(),
                      [=](const Diagnosis& diagnosis) { return diagnosis.verdict == verdict; }));
  };
  for (const Diagnosis& diagnosis : found.all()) Print(diagnosis, context);
  const auto problems = count(Verdict::kProblem), warnings = count(Verdict::kWarning);
  if (problems == 0 && (warnings == 0 || allow_warnings)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("found ", Counted(problems, "problem"), " and ", Counted(warnings, "warning")));
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Look for what is wrong with the configuration, the servers and this machine, and say what to do");
  auto allow_warnings = std::make_shared<bool>(false);
  command->add_flag("--allow-warnings", *allow_warnings,
                    "Exit with 0 if there are warnings, but no problems");
  command->callback([&context, allow_warnings] {
    context.command = [&context, allow_warnings] { return ExamineAndTell(context, *allow_warnings); };
  });
}

}  // namespace readcount::cli
