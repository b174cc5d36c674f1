#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace readcount {

// Counts the calls that a server has under way, whatever their service: gRPC knows them, but does not tell.
// Thread-safe.
class CallCounter {
 public:
  // What makes a server tell this counter, which must outlive it, of its calls.
  using Interceptors = std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;
  Interceptors NewInterceptors();

  // Waits until no call has been under way for as long as `quiet`. False if Close comes before.
  bool AwaitQuiet(absl::Duration quiet);

  // Ends waiting for good.
  void Close();

 private:
  class Interceptor;
  class Factory;

  void Add(int64_t calls);
  bool Still() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closed_ || under_way_ == 0; }
  bool Stirring() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closed_ || under_way_ > 0; }

  absl::Mutex mutex_;
  int64_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
