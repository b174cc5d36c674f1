#include "services/common/rpc/rpc_meter.h"

#include <google/protobuf/descriptor.h>

namespace readcount {
namespace {

struct Specs {
  MetricSpec started, handled, received, sent, duration;
};

constexpr Specs kServerSpecs = {
    .started = {"grpc_server_started_total", MetricKind::kCounter, "Calls that began to be answered."},
    .handled = {"grpc_server_handled_total", MetricKind::kCounter,
                "Calls that were answered, by the status that they were answered with."},
    .received = {"grpc_server_msg_received_total", MetricKind::kCounter, "Messages that callers sent."},
    .sent = {"grpc_server_msg_sent_total", MetricKind::kCounter, "Messages that were sent to callers."},
    .duration = {"grpc_server_handling_seconds", MetricKind::kHistogram,
                 "From the beginning of a call to its answer or, of a stream, to its end."}};
constexpr Specs kClientSpecs = {
    .started = {"grpc_client_started_total", MetricKind::kCounter, "Calls of other services that began."},
    .handled = {"grpc_client_handled_total", MetricKind::kCounter,
                "Calls of other services that ended, by their status."},
    .received = {"grpc_client_msg_received_total", MetricKind::kCounter,
                 "Messages that came from other services."},
    .sent = {"grpc_client_msg_sent_total", MetricKind::kCounter,
             "Messages that were sent to other services."},
    .duration = {"grpc_client_handling_seconds", MetricKind::kHistogram,
                 "From the beginning of a call of another service to its end."}};

// By number, as gRPC for Go spells them.
constexpr std::array<absl::string_view, MethodMeter::kCodes> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

absl::string_view TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? "bidi_stream" : "client_stream";
  return method.server_streaming() ? "server_stream" : "unary";
}

}  // namespace

void MethodMeter::Ended(absl::StatusCode code, absl::Duration took) {
  const auto number = static_cast<size_t>(code);
  ended_[number < kCodes ? number : static_cast<size_t>(absl::StatusCode::kUnknown)].Add();
  duration_.Observe(absl::ToDoubleSeconds(took));
}

RpcMeter::RpcMeter(Side side, const google::protobuf::ServiceDescriptor& service)
    : side_(side),
      service_(service),
      methods_(std::make_unique<MethodMeter[]>(static_cast<size_t>(service.method_count()))) {}

MethodMeter& RpcMeter::Method(const std::string& name) {
  return methods_[service_.FindMethodByName(name)->index()];
}

void RpcMeter::Collect(MetricSink& sink) const {
  for (int i = 0; i < service_.method_count(); ++i) CollectMethod(*service_.method(i), methods_[i], sink);
}

void RpcMeter::CollectMethod(const google::protobuf::MethodDescriptor& method, const MethodMeter& meter,
                             MetricSink& sink) const {
  const Specs& specs = side_ == Side::kServer ? kServerSpecs : kClientSpecs;
  const MetricLabel type = {"grpc_type", TypeOf(method)};
  const MetricLabel service = {"grpc_service", service_.full_name()};
  const MetricLabel name = {"grpc_method", method.name()};
  const uint64_t started = meter.started_.value();
  const uint64_t answered = meter.ended_[0].value();
  // A call without a stream of requests has one, and one without a stream of answers that succeeds has one.
  const bool requests = method.client_streaming(), answers = method.server_streaming();
  const uint64_t received = meter.received_.value(), sent = meter.sent_.value();
  const bool server = side_ == Side::kServer;
  sink.Add(specs.started, started, {type, service, name});
  for (size_t code = 0; code < kCodeNames.size(); ++code) {
    sink.Add(specs.handled, meter.ended_[code].value(),
             {type, service, name, {"grpc_code", kCodeNames[code]}});
  }
  if (server) {
    sink.Add(specs.received, requests ? received : started, {type, service, name});
    sink.Add(specs.sent, answers ? sent : answered, {type, service, name});
  } else {
    sink.Add(specs.received, answers ? received : answered, {type, service, name});
    sink.Add(specs.sent, requests ? sent : started, {type, service, name});
  }
  sink.Add(specs.duration, meter.duration_, {type, service, name});
}

}  // namespace readcount
