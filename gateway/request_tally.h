#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <vector>

#include "services/common/metrics/metric.h"

namespace readcount::gateway {

// Requests of one router: under way, refused at the limit, answered by route and class of status.
// Thread-safe.
class RequestTally {
 public:
  static constexpr std::array<absl::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

  explicit RequestTally(size_t routes) : answered_(routes) {}

  // Counts one more under way, unless there are `limit` already: then it is refused and false returned.
  bool Begin(int limit) {
    if (under_way_.fetch_add(1) < limit) return true;
    --under_way_;
    refused_.Add();
    return false;
  }
  void End() { --under_way_; }

  void Answered(size_t route, int status) {
    const int status_class = status / 100 - 1;
    if (status_class >= 0 && status_class < static_cast<int>(kClasses.size()))
      answered_[route][status_class].Add();
  }

  int under_way() const { return under_way_; }
  uint64_t refused() const { return refused_.value(); }

  // Responses of a route whose status is of the class at that place.
  uint64_t answered(size_t route, size_t status_class) const {
    return answered_[route][status_class].value();
  }

 private:
  std::atomic<int> under_way_ = 0;
  EventCount refused_;
  std::vector<std::array<EventCount, kClasses.size()>> answered_;
};

}  // namespace readcount::gateway
