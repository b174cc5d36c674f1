#include "services/syncer/redelivery.h"

#include <limits>

#include "services/common/ledger/field.h"
#include "services/syncer/batch.h"

namespace readcount {

Redelivery::Redelivery(const std::vector<KeptLetter>& letters) {
  letters_.reserve(letters.size());
  for (const KeptLetter& kept : letters) {
    const Letter& letter = letters_.emplace_back(
        Letter{.kept = &kept, .article = ParseArticleId(kept.field), .views = ParseIncrement(kept.value)});
    if (letter.article.has_value() && letter.views.has_value()) articles_.try_emplace(*letter.article);
  }
}

std::vector<uint64_t> Redelivery::articles() const {
  std::vector<uint64_t> ids;
  ids.reserve(articles_.size());
  for (const auto& [id, article] : articles_) ids.push_back(id);
  return ids;
}

void Redelivery::ArticleFound(uint64_t id, uint64_t count) {
  articles_[id] = {.exists = true, .found = count, .count = count};
}

// Why it stays, or nothing.
absl::string_view Redelivery::TryToAdd(const Letter& letter) {
  if (!letter.article.has_value()) return kNotAnArticleId;
  if (!letter.views.has_value()) return kNotANumber;
  Article& article = articles_[*letter.article];
  if (!article.exists) return kNoSuchArticle;
  const WideViews sum = WideViews(article.count) + *letter.views;
  if (sum < 0) return kNegativeResult;
  if (sum > WideViews(std::numeric_limits<uint64_t>::max())) return kOverflow;
  article.count = static_cast<uint64_t>(sum);
  return {};
}

Redelivery::Decision Redelivery::Decide() {
  Decision decision;
  for (const Letter& letter : letters_) {
    const KeptLetter& kept = *letter.kept;
    const absl::string_view reason = TryToAdd(letter);
    if (reason.empty()) {
      decision.added.emplace(kept.id, *letter.views);
      BookChange& book = decision.books[kept.life];
      book.applied += *letter.views;
      book.dead_lettered += kept.views;
    } else if (reason != kept.reason) {
      decision.reasons[reason].push_back(kept.id);
    }
  }
  decision.counts = CountChanges();
  return decision;
}

std::vector<Redelivery::CountChange> Redelivery::CountChanges() const {
  std::vector<CountChange> changes;
  for (const auto& [id, article] : articles_) {
    if (article.count > article.found) changes.push_back({.id = id, .plus = article.count - article.found});
    if (article.count < article.found) changes.push_back({.id = id, .minus = article.found - article.count});
  }
  return changes;
}

}  // namespace readcount
