#include "absl/strings/str_cat.h"
#include "services/common/ledger/field.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {

// A text is taken exactly if it is how its number is written.
int FuzzField(absl::string_view text) {
  uint64_t id = 0;
  const bool is_id = absl::SimpleAtoi(text, &id) && id != 0 && absl::StrCat(id) == text;
  const std::optional<uint64_t> parsed_id = ParseArticleId(text);
  fuzz::Require(parsed_id.has_value() == is_id, "an id is taken if it is spelt as ids are, and only then");
  fuzz::Require(!is_id || *parsed_id == id, "an id keeps its value");

  int64_t increment = 0;
  const bool is_increment = absl::SimpleAtoi(text, &increment) && absl::StrCat(increment) == text;
  const std::optional<int64_t> parsed = ParseIncrement(text);
  fuzz::Require(parsed.has_value() == is_increment,
                "a value is taken if HINCRBY writes it so, and only then");
  fuzz::Require(!is_increment || *parsed == increment, "a value keeps its value");
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzField({reinterpret_cast<const char*>(data), size});
}
