#include "cli/format.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace readcount::cli {

std::string Grouped(uint64_t number) {
  constexpr int kGroup = 3;
  std::string text = absl::StrCat(number);
  for (int place = static_cast<int>(text.size()) - kGroup; place > 0; place -= kGroup)
    text.insert(static_cast<size_t>(place), ",");
  return text;
}

std::string Grouped(int64_t number) {
  if (number >= 0) return Grouped(static_cast<uint64_t>(number));
  return "-" + Grouped(uint64_t{0} - static_cast<uint64_t>(number));
}

std::string Moment(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return "-";
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

std::string Span(absl::Duration span) {
  if (span < absl::Seconds(1)) return absl::StrFormat("%dms", absl::ToInt64Milliseconds(span));
  if (span < absl::Minutes(1)) return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(span));
  return absl::FormatDuration(absl::Trunc(span, absl::Seconds(1)));
}

absl::Duration ToDuration(const google::protobuf::Duration& span) {
  return absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos());
}

std::string Words(absl::string_view name, absl::string_view prefix) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, prefix)), {{"_", " "}});
}

}  // namespace readcount::cli
