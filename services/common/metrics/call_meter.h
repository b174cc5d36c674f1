#pragma once

#include <array>
#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/metrics/metric.h"

namespace readcount {

// What one foreign server did for this process: connections that were opened, calls, how long they took and
// how they failed. Thread-safe; takes no locks.
class CallMeter final : public MetricSource {
 public:
  // Names of its metrics.
  struct Specs {
    MetricSpec connects;  // by outcome: ok, failed
    MetricSpec errors;    // by kind: the error's code, as of absl::Status, in small letters
    MetricSpec duration;  // of every call, in seconds
  };

  static constexpr size_t kKinds = 9;  // of errors

  explicit CallMeter(const Specs& specs) : specs_(specs) {}

  // An attempt to connect has ended.
  void Connected(const absl::Status& outcome) { (outcome.ok() ? connected_ : refused_).Add(); }

  // A call has ended.
  void Called(const absl::Status& outcome, absl::Duration took);

  void Collect(MetricSink& sink) const override;

 private:
  const Specs specs_;
  EventCount connected_, refused_;
  std::array<EventCount, kKinds> errors_;
  Histogram duration_{LatencyBounds()};
};

inline absl::Status StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& outcome) {
  return outcome.status();
}

// Makes a call that answers with a Status or a StatusOr, tells the meter, and passes the answer on.
template <typename Call>
auto Metered(CallMeter& meter, const Call& call) {
  const absl::Duration start = SystemClock().Elapsed();
  auto outcome = call();
  meter.Called(StatusOf(outcome), SystemClock().Elapsed() - start);
  return outcome;
}

}  // namespace readcount
