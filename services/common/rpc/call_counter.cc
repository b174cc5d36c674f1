#include "services/common/rpc/call_counter.h"

namespace readcount {

// gRPC makes one for each call and keeps it as long as the call's context.
class CallCounter::Interceptor final : public grpc::experimental::Interceptor {
 public:
  explicit Interceptor(CallCounter& counter) : counter_(counter) { counter_.Add(1); }
  ~Interceptor() override { counter_.Add(-1); }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override { methods->Proceed(); }

 private:
  CallCounter& counter_;
};

class CallCounter::Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(CallCounter& counter) : counter_(counter) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* /*info*/) override {
    return new Interceptor(counter_);
  }

 private:
  CallCounter& counter_;
};

CallCounter::Interceptors CallCounter::NewInterceptors() {
  Interceptors interceptors;
  interceptors.push_back(std::make_unique<Factory>(*this));
  return interceptors;
}

void CallCounter::Add(int64_t calls) {
  absl::MutexLock lock(&mutex_);
  under_way_ += calls;
}

bool CallCounter::AwaitQuiet(absl::Duration quiet) {
  absl::MutexLock lock(&mutex_);
  do {
    mutex_.Await(absl::Condition(this, &CallCounter::Still));
  } while (!closed_ && mutex_.AwaitWithTimeout(absl::Condition(this, &CallCounter::Stirring), quiet));
  return !closed_;
}

void CallCounter::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace readcount
