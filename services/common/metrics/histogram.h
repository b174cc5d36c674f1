#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace readcount {

// How often values of which size came. Thread-safe; Observe takes no lock.
class Histogram {
 public:
  // `bounds`, rising: the greatest value of each bucket. A last one, without bound, takes the rest.
  explicit Histogram(std::vector<double> bounds);

  // `value` must not be negative.
  void Observe(double value);

  struct Snapshot {
    std::vector<uint64_t> cumulative;  // per bound: values up to it
    uint64_t count = 0;
    double sum = 0;
  };

  // Each value is in all of its parts, but for those that come while it is read.
  Snapshot Read() const;

  const std::vector<double>& bounds() const { return bounds_; }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;  // one more than bounds
  std::atomic<double> sum_ = 0;
};

// Bounds that suit a call to a server: 0.1 ms to 30 s, in seconds.
std::vector<double> LatencyBounds();

// Bounds that suit the number of things that travel together: 1 to 65536.
std::vector<double> BatchBounds();

}  // namespace readcount
