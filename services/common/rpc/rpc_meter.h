#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/metrics/metric.h"

namespace google::protobuf {
class MethodDescriptor;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace readcount {

// The calls of one method. Thread-safe; takes no locks.
class MethodMeter {
 public:
  static constexpr size_t kCodes = 17;  // of gRPC, by number

  void Started() { started_.Add(); }

  // A message of a stream. Those of which a call has one, at either end, need not be told.
  void MessageReceived() { received_.Add(); }
  void MessageSent() { sent_.Add(); }

  void Ended(absl::StatusCode code, absl::Duration took);

 private:
  friend class RpcMeter;

  // Calls begin and end on different threads.
  ABSL_CACHELINE_ALIGNED EventCount started_, received_, sent_;
  ABSL_CACHELINE_ALIGNED std::array<EventCount, kCodes> ended_;
  Histogram duration_{LatencyBounds()};
};

// One call under way. A copy is the same call; one of them ends it, once.
class MeteredCall {
 public:
  // `meter` must outlive the call.
  explicit MeteredCall(MethodMeter& meter) : meter_(&meter), begun_(SystemClock().Elapsed()) {
    meter.Started();
  }

  void MessageReceived() const { meter_->MessageReceived(); }
  void MessageSent() const { meter_->MessageSent(); }
  void End(absl::StatusCode code) const { meter_->Ended(code, SystemClock().Elapsed() - begun_); }

 private:
  MethodMeter* meter_;
  absl::Duration begun_;
};

// The calls of one gRPC service that this process answers or makes, under the names that go-grpc-prometheus
// made common: grpc_server_started_total and so on, or grpc_client_…. What gRPC itself refuses, such as an
// oversize message or an unknown method, is not among the calls answered. Thread-safe.
class RpcMeter final : public MetricSource {
 public:
  enum class Side { kServer, kClient };

  RpcMeter(Side side, const google::protobuf::ServiceDescriptor& service);

  // The service called `name` of the file that describes `Message`.
  template <typename Message>
  static RpcMeter Of(Side side, const std::string& name) {
    return RpcMeter(side, *Message::descriptor()->file()->FindServiceByName(name));
  }

  // REQUIRES: the service has that method.
  MethodMeter& Method(const std::string& name);

  void Collect(MetricSink& sink) const override;

 private:
  void CollectMethod(const google::protobuf::MethodDescriptor& method, const MethodMeter& meter,
                     MetricSink& sink) const;

  const Side side_;
  const google::protobuf::ServiceDescriptor& service_;
  const std::unique_ptr<MethodMeter[]> methods_;  // in the order of the service's
};

}  // namespace readcount
