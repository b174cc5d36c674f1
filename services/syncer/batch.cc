#include "services/syncer/batch.h"

#include <openssl/sha.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "services/common/ledger/field.h"

namespace readcount {

DeadLetter MakeDeadLetter(absl::string_view field, absl::string_view value, int64_t views,
                          absl::string_view reason) {
  DeadLetter letter{.field_hash = std::string(SHA256_DIGEST_LENGTH, '\0'),
                    .field = std::string(field.substr(0, DeadLetter::kMaxBytes)),
                    .value = std::string(value.substr(0, DeadLetter::kMaxBytes)),
                    .views = views,
                    .reason = reason};
  SHA256(reinterpret_cast<const unsigned char*>(field.data()), field.size(),
         reinterpret_cast<unsigned char*>(letter.field_hash.data()));
  return letter;
}

void BatchBuilder::Add(absl::string_view field, absl::string_view value) {
  const std::optional<uint64_t> id = ParseArticleId(field);
  const std::optional<int64_t> views = ParseIncrement(value);
  if (!id.has_value()) {
    content_.strays.push_back(MakeDeadLetter(field, value, 0, kNotAnArticleId));
  } else if (!views.has_value()) {
    content_.strays.push_back(MakeDeadLetter(field, value, 0, kNotANumber));
  } else if (*views != 0) {
    content_.increments.push_back({.id = *id, .views = *views});
  }
}

BatchContent BatchBuilder::Build() && {
  std::vector<Increment>& increments = content_.increments;
  std::sort(increments.begin(), increments.end(),
            [](const Increment& a, const Increment& b) { return a.id < b.id; });
  increments.erase(std::unique(increments.begin(), increments.end()), increments.end());
  const auto hash = [](const DeadLetter& letter) -> const std::string& { return letter.field_hash; };
  std::ranges::sort(content_.strays, {}, hash);
  const auto doubles = std::ranges::unique(content_.strays, {}, hash);
  content_.strays.erase(doubles.begin(), doubles.end());
  for (const Increment& increment : increments) content_.views += increment.views;
  return std::move(content_);
}

}  // namespace readcount
