#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// A channel to one service. It connects when first used and tries again soon after a failure; it repeats no
// call by itself, since a view repeated is a view counted twice.
std::shared_ptr<grpc::Channel> OpenChannel(const Address& address);

// The unary calls to one service: each with a deadline, its errors in words for the gateway's clients, all of
// them cancelled at the end. Thread-safe.
class ServiceCalls {
 public:
  using Finished = std::function<void(grpc::Status)>;

  // `name` stands for the service in messages.
  ServiceCalls(std::shared_ptr<grpc::Channel> channel, std::string name, absl::Duration timeout);

  // Cancels the calls under way and waits until each has been answered.
  ~ServiceCalls();

  // Starts a call. `start` hands context, request, response and callback to a method of a stub's async();
  // `answer` comes once, on one of gRPC's threads.
  template <typename Request, typename Response>
  void Start(Request request,
             absl::FunctionRef<void(grpc::ClientContext*, const Request*, Response*, Finished)> start,
             absl::AnyInvocable<void(const absl::StatusOr<const Response*>&)> answer) {
    auto call = std::make_shared<Call<Request, Response>>();
    call->request = std::move(request);
    call->answer = std::move(answer);
    Begin(call->context);
    start(&call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
      if (status.ok()) {
        call->answer(&call->response);
      } else {
        call->answer(Explain(status));
      }
      End(call->context);
    });
  }

 private:
  template <typename Request, typename Response>
  struct Call {
    grpc::ClientContext context;
    Request request;
    Response response;
    absl::AnyInvocable<void(const absl::StatusOr<const Response*>&)> answer;
  };

  void Begin(grpc::ClientContext& context);
  void End(grpc::ClientContext& context);
  absl::Status Explain(const grpc::Status& status) const;
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return under_way_.empty(); }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string name_;
  const absl::Duration timeout_;

  absl::Mutex mutex_;
  absl::flat_hash_set<grpc::ClientContext*> under_way_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount::gateway
