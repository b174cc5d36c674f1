#include "services/article/page_token.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace readcount {
namespace {

uint32_t Checksum(const PageKey& key, absl::string_view author) {
  const std::string text = absl::StrCat(key.created_at, "/", key.id, "/", author);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

// A DATETIME as the server writes it, and as it takes it in a comparison: a real date, or one whose month or
// day is zero.
bool IsDateTime(absl::string_view text) {
  constexpr absl::string_view kForm = "0000-00-00 00:00:00";
  if (text.size() < kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (absl::ascii_isdigit(text[i]) != absl::ascii_isdigit(kForm[i]) ||
        (kForm[i] != '0' && text[i] != kForm[i]))
      return false;
  }
  const absl::string_view fraction = text.substr(kForm.size());
  if (!fraction.empty() && (fraction.size() > 7 || fraction[0] != '.' ||
                            !std::all_of(fraction.begin() + 1, fraction.end(), absl::ascii_isdigit))) {
    return false;
  }
  std::string civil(text.substr(0, kForm.size()));
  civil[10] = 'T';
  if (civil.substr(5, 2) == "00") civil.replace(5, 2, "01");
  if (civil.substr(8, 2) == "00") civil.replace(8, 2, "01");
  absl::CivilSecond parsed;
  return absl::ParseCivilTime(civil, &parsed);
}

absl::Status BadToken() {
  return absl::InvalidArgumentError(
      "page_token: is not a token of this list: take next_page_token of the previous page, with the same "
      "author");
}

}  // namespace

std::string MakePageToken(const PageKey& key, absl::string_view author) {
  return absl::WebSafeBase64Escape(absl::StrCat(key.created_at, "/", key.id, "/", Checksum(key, author)));
}

absl::StatusOr<PageKey> ParsePageToken(absl::string_view token, absl::string_view author) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return BadToken();
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  PageKey key{.created_at = parts[0]};
  uint32_t checksum = 0;
  if (parts.size() != 3 || !IsDateTime(parts[0]) || !absl::SimpleAtoi(parts[1], &key.id) ||
      !absl::SimpleAtoi(parts[2], &checksum) || checksum != Checksum(key, author) ||
      token != MakePageToken(key, author)) {
    return BadToken();
  }
  return key;
}

}  // namespace readcount
