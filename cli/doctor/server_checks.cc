#include "cli/doctor/server_checks.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/format.h"
#include "services/common/base/ip_address.h"

namespace readcount::cli {
namespace {

// Of clocks that are kept by NTP, with room: times in the history and in the log can be compared.
constexpr absl::Duration kMostApart = absl::Seconds(2);

// A finding's text ends with what to set: ": set appendonly yes".
Diagnosis ToDiagnosis(const std::string& check, const Finding& finding) {
  const Verdict verdict = finding.severity == FindingSeverity::kError ? Verdict::kProblem : Verdict::kWarning;
  const size_t colon = finding.text.rfind(": ");
  if (colon == std::string::npos) return {check, verdict, finding.text, "see its documentation"};
  return {check, verdict, finding.text.substr(0, colon), finding.text.substr(colon + 2)};
}

}  // namespace

void JudgeClock(const std::string& check, absl::string_view server, absl::Time told, absl::Time asked,
                absl::Time answered, Diagnoses& found) {
  absl::Duration apart = absl::ZeroDuration();
  if (told < asked) apart = told - asked;
  if (told > answered) apart = told - answered;
  if (absl::AbsDuration(apart) <= kMostApart)
    return found.Ok(check, absl::StrCat("the clock of ", server, " agrees with this machine's"));
  found.Warn(check,
             absl::StrCat("the clock of ", server, " is ", Span(absl::AbsDuration(apart)),
                          apart > absl::ZeroDuration() ? " ahead of" : " behind", " this machine's"),
             "let NTP (chrony, systemd-timesyncd) keep both: counts stay exact, but times in the history and "
             "the logs "
             "do not fit together");
}

void JudgeSettings(const std::string& check, const std::string& sound, const Durability& durability,
                   Diagnoses& found) {
  for (const Finding& finding : durability.findings) found.Add(ToDiagnosis(check, finding));
  if (durability.findings.empty()) found.Ok(check, sound);
}

bool IsOfThisMachine(absl::string_view host) {
  const std::optional<IpAddress> address = IpAddress::Parse(host);
  return host == "localhost" || (address.has_value() && address->is_loopback());
}

}  // namespace readcount::cli
