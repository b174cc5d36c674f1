#include "gateway/accept.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace readcount::gateway {
namespace {

constexpr int kWhole = 1000;

// Cuts off `rest` what comes before the next separator that is not in a quoted string, and the separator.
absl::string_view Cut(absl::string_view& rest, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\') ++end;
  }
  end = std::min(end, rest.size());
  const absl::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return absl::StripAsciiWhitespace(part);
}

// RFC 9110, section 12.4.2; none for what is no quality.
std::optional<int> ParseQuality(absl::string_view text) {
  constexpr size_t kMaxDigits = 3;
  const size_t point = std::min(text.find('.'), text.size());
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view digits = text.substr(std::min(point + 1, text.size()));
  const bool bare = whole.empty() && !digits.empty();
  if ((!bare && whole != "0" && whole != "1") || digits.size() > kMaxDigits) return std::nullopt;
  int quality = whole == "1" ? kWhole : 0;
  int weight = kWhole;
  for (const char digit : digits) {
    if (!absl::ascii_isdigit(digit)) return std::nullopt;
    quality += (digit - '0') * (weight /= 10);
  }
  return quality <= kWhole ? std::optional(quality) : std::nullopt;
}

// Calls `visit(name, quality)` for every member that can be read. False if there is none.
template <typename Visit>
bool ForEachMember(absl::string_view list, Visit visit) {
  bool any = false;
  while (!list.empty()) {
    absl::string_view parameters = Cut(list, ',');
    const absl::string_view name = Cut(parameters, ';');
    std::optional<int> quality = kWhole;
    while (!parameters.empty()) {
      const absl::string_view parameter = Cut(parameters, ';');
      if (!absl::StartsWithIgnoreCase(parameter, "q=")) continue;
      quality = ParseQuality(parameter.substr(2));
      break;
    }
    if (name.empty() || !quality.has_value()) continue;
    any = true;
    visit(name, *quality);
  }
  return any;
}

// How closely a range fits a type: 3 as named, 2 as type/*, 1 as */*, 0 not.
int Specificity(absl::string_view range, absl::string_view type) {
  if (absl::EqualsIgnoreCase(range, type)) return 3;
  if (range == "*/*" || range == "*") return 1;
  return absl::EndsWith(range, "/*") && absl::StartsWithIgnoreCase(type, range.substr(0, range.size() - 1))
             ? 2
             : 0;
}

}  // namespace

int MediaQuality(absl::string_view accept, absl::string_view type) {
  std::pair<int, int> best = {0, 0};
  const bool said = ForEachMember(accept, [&best, type](absl::string_view range, int quality) {
    if (const int specificity = Specificity(range, type); specificity > 0)
      best = std::max(best, {specificity, quality});
  });
  return said ? best.second : kWhole;
}

absl::string_view BestMediaType(absl::string_view accept, absl::Span<const absl::string_view> offered) {
  absl::string_view best;
  int best_quality = 0;
  for (const absl::string_view type : offered) {
    const int quality = MediaQuality(accept, type);
    if (quality <= best_quality) continue;
    best = type;
    best_quality = quality;
  }
  return best;
}

bool PrefersProblem(absl::string_view accept) {
  constexpr absl::string_view kProblem = "application/problem+json";
  int named = 0;
  ForEachMember(accept, [&named, kProblem](absl::string_view range, int quality) {
    if (absl::EqualsIgnoreCase(range, kProblem)) named = std::max(named, quality);
  });
  return named > 0 && named >= MediaQuality(accept, "application/json");
}

bool AcceptsGzip(absl::string_view accept_encoding) {
  std::optional<int> gzip, any, identity;
  ForEachMember(accept_encoding, [&](absl::string_view coding, int quality) {
    if (absl::EqualsIgnoreCase(coding, "gzip") || absl::EqualsIgnoreCase(coding, "x-gzip")) gzip = quality;
    if (coding == "*") any = quality;
    if (absl::EqualsIgnoreCase(coding, "identity")) identity = quality;
  });
  const int quality = gzip.value_or(any.value_or(0));
  return quality > 0 && quality >= identity.value_or(0);
}

}  // namespace readcount::gateway
