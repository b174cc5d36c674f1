#include "services/article/page_token.h"

#include <boost/crc.hpp>
#include <cstdint>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount {
namespace {

uint32_t Checksum(const PageKey& key, absl::string_view author) {
  const std::string text = absl::StrCat(absl::FormatCivilTime(key.created_at), " ", key.id, " ", author);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

absl::Status BadToken() {
  return absl::InvalidArgumentError(
      "page_token: is not a token of this list: take next_page_token of the previous page, with the same "
      "author");
}

}  // namespace

std::string MakePageToken(const PageKey& key, absl::string_view author) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(absl::FormatCivilTime(key.created_at), " ", key.id, " ", Checksum(key, author)));
}

absl::StatusOr<PageKey> ParsePageToken(absl::string_view token, absl::string_view author) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return BadToken();
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  PageKey key;
  uint32_t checksum = 0;
  if (parts.size() != 3 || !absl::ParseCivilTime(parts[0], &key.created_at) ||
      !absl::SimpleAtoi(parts[1], &key.id) || !absl::SimpleAtoi(parts[2], &checksum) ||
      checksum != Checksum(key, author) || token != MakePageToken(key, author)) {
    return BadToken();
  }
  return key;
}

}  // namespace readcount
