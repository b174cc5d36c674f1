#include "cli/sync_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/format.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

std::string Phase(const v1::SyncStatus& status) {
  return Words(v1::SyncPhase_Name(status.phase()), "SYNC_PHASE_");
}

double Share(const v1::SyncStatus& status) {
  if (status.articles_total() == 0) return 0;
  return std::min(1.0,
                  static_cast<double>(status.articles_done()) / static_cast<double>(status.articles_total()));
}

}  // namespace

void SyncProgress::Take(const v1::SyncStatus& status) {
  const absl::Duration now = clock_.Elapsed();
  const bool same_batch = under_way() && status.epoch() == status_.epoch() &&
                          status.articles_total() == status_.articles_total() &&
                          status.articles_done() >= begin_done_;
  if (!same_batch) {
    begin_ = now;
    begin_done_ = status.articles_done();
    rate_ = 0;
  } else if (now > begin_ && status.articles_done() > begin_done_) {
    rate_ = static_cast<double>(status.articles_done() - begin_done_) / absl::ToDoubleSeconds(now - begin_);
  }
  status_ = status;
}

std::string SyncProgress::Idle() const {
  std::string text = Phase(status_);
  if (status_.phase() == v1::SYNC_PHASE_BACKING_OFF)
    absl::StrAppend(&text, ": ", Plain(status_.last_error()));
  absl::StrAppend(&text, "  ", Grouped(status_.pending_articles()), " articles pending  lag ",
                  Span(absl::Seconds(status_.lag_seconds())));
  return text;
}

std::string SyncProgress::Figures() const {
  const std::string rate =
      rate_ > 0 ? absl::StrCat(" (", Grouped(static_cast<uint64_t>(rate_)), "/s)") : std::string();
  return absl::StrFormat("%3.0f %%  %s/%s articles%s  %s views", 100 * Share(status_),
                         Grouped(status_.articles_done()), Grouped(status_.articles_total()), rate,
                         Grouped(status_.views_done()));
}

std::string SyncProgress::Bar(int columns) const {
  if (!under_way()) return Idle();
  // Of the terminal alone, so that it grows with what is done and not with how long the figures are.
  constexpr int kWide = 100;
  const int width = columns < kWide ? 10 : 20;
  const int done = static_cast<int>(Share(status_) * width);
  return absl::StrCat(Phase(status_), " [", std::string(static_cast<size_t>(done), '#'),
                      std::string(static_cast<size_t>(width - done), '-'), "] ", Figures());
}

std::string SyncProgress::Line() const {
  return under_way() ? absl::StrCat(Phase(status_), " ", Figures()) : Idle();
}

}  // namespace readcount::cli
