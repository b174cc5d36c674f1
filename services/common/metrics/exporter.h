#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"
#include "services/common/metrics/metric.h"
#include "services/common/metrics/process_metrics.h"

namespace readcount {

// Serves metrics by HTTP, `GET /metrics`, on a port and a thread of its own, so that a scrape neither waits
// for nor holds up those whom the program serves. At most 16 connections at once; one that has not asked for
// anything within 5 s is closed, and later one that is silent for 30 s.
class MetricsExporter {
 public:
  // Listens as setting `key` says and serves what `sources` and the process tell, until destruction. No
  // exporter if `listen` is none. The sources must outlive it. UNAVAILABLE, naming key and place, if the
  // address is taken or cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsExporter>> Start(const Settings& settings,
                                                                absl::string_view key,
                                                                const std::optional<Address>& listen,
                                                                std::vector<const MetricSource*> sources);

  ~MetricsExporter();
  MetricsExporter(const MetricsExporter&) = delete;
  MetricsExporter& operator=(const MetricsExporter&) = delete;

  // The address bound, with the real port; also logged, as `metrics_served address=…`.
  const Address& address() const { return address_; }

 private:
  class Server;
  MetricsExporter(Address address, std::unique_ptr<Server> server);

  const Address address_;
  const std::unique_ptr<Server> server_;
};

}  // namespace readcount
