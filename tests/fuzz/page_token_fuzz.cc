#include "absl/strings/str_cat.h"
#include "services/article/page_token.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {
namespace {

void CheckToken(const std::string& token, const std::string& author) {
  const absl::StatusOr<PageKey> key = ParsePageToken(token, author);
  if (!key.ok()) {
    fuzz::Require(absl::IsInvalidArgument(key.status()), "a bad token is the client's fault");
    return;
  }
  fuzz::Require(MakePageToken(*key, author) == token, "a page has one token");
  fuzz::Require(!ParsePageToken(token, author + "x").ok(), "a token is bound to its author");
  fuzz::Require(!ParsePageToken(token + token, author).ok(), "nothing may follow a token");
}

// A token that was changed in one place is refused.
void CheckChanged(std::string token, const std::string& author, size_t place, char byte) {
  char& changed = token[place % token.size()];
  if (changed == byte) return;
  changed = byte;
  fuzz::Require(!ParsePageToken(token, author).ok(), "a changed token is refused");
}

}  // namespace

int FuzzPageToken(fuzz::Input input) {
  const std::string author(input.Line());
  CheckToken(std::string(input.Line()), author);

  const PageKey key{.created_at = std::string(input.Line()), .id = static_cast<uint64_t>(input.Number())};
  const std::string token = MakePageToken(key, author);
  CheckToken(token, author);
  const absl::StatusOr<PageKey> parsed = ParsePageToken(token, author);
  fuzz::Require(!parsed.ok() || *parsed == key, "a key comes back");
  const PageKey real{.created_at = "2024-02-29 23:59:59.000001", .id = key.id};
  const absl::StatusOr<PageKey> back = ParsePageToken(MakePageToken(real, author), author);
  fuzz::Require(back.ok() && *back == real, "a key of the table comes back, whatever its id and author");

  const auto place = static_cast<size_t>(input.Number());
  if (!input.done()) CheckChanged(MakePageToken(real, author), author, place, input.rest()[0]);
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzPageToken({data, size});
}
