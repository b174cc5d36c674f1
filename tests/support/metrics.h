#pragma once

#include <functional>
#include <map>
#include <string>

namespace readcount::testing {

// One scrape. Series by their whole names, as they stand in the text: `readcount_mode{mode="normal"}`.
struct Scrape {
  std::map<std::string, double> series;
  std::map<std::string, std::string> types;  // by the metric's name

  // The series' value; fails the test if it is not there.
  double Value(const std::string& name) const;
};

// Reads Prometheus' text format; fails the test if the text breaks its rules: HELP and TYPE before the
// samples of each metric, each metric and series once, counters named `…_total`, buckets that add up.
Scrape ParseMetrics(const std::string& text);

// Scrapes `host:port`.
Scrape ScrapeMetrics(const std::string& address);

// Scrapes again and again until `wanted`; fails the test if that takes too long.
Scrape AwaitMetrics(const std::string& address, const std::function<bool(const Scrape&)>& wanted);

}  // namespace readcount::testing
