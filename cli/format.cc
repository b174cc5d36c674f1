#include "cli/format.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace readcount::cli {

std::string Grouped(WideViews number) {
  constexpr size_t kGroup = 3;
  const std::string text = ToText(number);
  const size_t first = number < 0 ? 1 : 0;  // digit
  std::string grouped;
  for (size_t place = 0; place < text.size(); ++place) {
    if (place > first && (text.size() - place) % kGroup == 0) grouped += ',';
    grouped += text[place];
  }
  return grouped;
}

std::string Grouped(uint64_t number) {
  return Grouped(WideViews(number));
}

std::string Grouped(int64_t number) {
  return Grouped(WideViews(number));
}

std::string Counted(int64_t number, absl::string_view one) {
  return absl::StrCat(Grouped(number), " ", one, number == 1 ? "" : "s");
}

std::string Counted(uint64_t number, absl::string_view one) {
  return absl::StrCat(Grouped(number), " ", one, number == 1 ? "" : "s");
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
