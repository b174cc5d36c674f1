#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/metrics/histogram.h"

namespace readcount {

enum class MetricKind { kCounter, kGauge, kHistogram };

// What a metric is, as its HELP and TYPE lines tell. Names follow Prometheus' rules: base units, counters end
// in
// `_total`. Texts must outlive every use: they are constants.
struct MetricSpec {
  absl::string_view name;
  MetricKind kind = MetricKind::kGauge;
  absl::string_view help;
};

struct MetricLabel {
  absl::string_view name;
  absl::string_view value;
};

// Takes the values of one scrape.
class MetricSink {
 public:
  using Labels = std::initializer_list<MetricLabel>;

  virtual ~MetricSink() = default;

  // A counter's or gauge's value. REQUIRES: the same labels are not added twice in a scrape.
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  void Add(const MetricSpec& spec, Number value, Labels labels = {}) {
    AddValue(spec, static_cast<double>(value), labels);
  }

  void Add(const MetricSpec& spec, const Histogram& histogram, Labels labels = {}) {
    AddHistogram(spec, histogram, labels);
  }

 private:
  virtual void AddValue(const MetricSpec& spec, double value, Labels labels) = 0;
  virtual void AddHistogram(const MetricSpec& spec, const Histogram& histogram, Labels labels) = 0;
};

// A part of the program that can be scraped. Every metric, with each value that its labels may have, is there
// from the first scrape on, so that whoever asks for it need not wait for the event. Thread-safe.
class MetricSource {
 public:
  virtual ~MetricSource() = default;
  virtual void Collect(MetricSink& sink) const = 0;
};

// Counts events on a path where even a lock would be felt. Thread-safe.
class EventCount {
 public:
  void Add(uint64_t events = 1) { value_.fetch_add(events, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// Adds a gauge for each of `values`, told apart by `label`: 1 for the one at index `current`, 0 for the
// others.
void AddOneOf(MetricSink& sink, const MetricSpec& spec, absl::string_view label,
              absl::Span<const absl::string_view> values, size_t current);

// `readcount_mode{mode="…"}`, which every program has: what it can do for its callers while a part is down.
// "normal" is among `modes`.
void AddMode(MetricSink& sink, absl::Span<const absl::string_view> modes, size_t current);

// `readcount_redis_up` and `readcount_mysql_up`: whether they answered when they were asked last.
void AddServers(MetricSink& sink, bool redis, bool mysql);

}  // namespace readcount
