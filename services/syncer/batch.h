#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/wide.h"

namespace readcount {

// Views to add to one article.
struct Increment {
  uint64_t id = 0;
  int64_t views = 0;  // not 0; negative when others took some out

  friend bool operator==(const Increment&, const Increment&) = default;
};

// Why a field of the hash could not be added to an article; the text stands in
// read_count_dead_letters.reason.
inline constexpr absl::string_view kNotAnArticleId = "not_an_article_id";
inline constexpr absl::string_view kNotANumber = "not_a_number";
inline constexpr absl::string_view kNoSuchArticle = "no_such_article";
inline constexpr absl::string_view kOverflow = "overflow";
inline constexpr absl::string_view kNegativeResult = "negative_result";

// A row for the dead letters.
struct DeadLetter {
  static constexpr size_t kMaxBytes = 255;  // of field and value; longer ones are cut

  std::string field_hash;  // SHA-256 of the whole field, 32 bytes: makes a repeated burial harmless
  std::string field;
  std::string value;
  int64_t views =
      0;  // what the books count; 0 for a field that is no article id or a value that is no number
  absl::string_view reason;
};

// The letter for a field and its value.
DeadLetter MakeDeadLetter(absl::string_view field, absl::string_view value, int64_t views,
                          absl::string_view reason);

// What a sealed batch holds, put in order.
struct BatchContent {
  std::vector<Increment> increments;  // by id, each id once; fields with the value 0 left out
  std::vector<DeadLetter> strays;     // fields that are no increments at all
  WideViews views = 0;                // sum of the increments
};

// Sorts a batch that is read field by field, in any order and with doubles.
class BatchBuilder {
 public:
  // `fields` is about how many will come, so that memory grows once.
  explicit BatchBuilder(uint64_t fields) { content_.increments.reserve(fields); }

  void Add(absl::string_view field, absl::string_view value);
  BatchContent Build() &&;

 private:
  BatchContent content_;
};

}  // namespace readcount
