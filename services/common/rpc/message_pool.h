#pragma once

#include <grpcpp/support/message_allocator.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace readcount {

// The messages of one method, used again for call after call: a response keeps the memory of its texts, which
// each call would else take from the heap on one thread and give back on another (a twentieth of what a unary
// view costs). A response is as the last call left it, so whoever answers sets or clears each of its fields.
// Thread-safe.
template <typename Request, typename Response>
class MessagePool final : public grpc::MessageAllocator<Request, Response> {
 public:
  // Keeps `most` pairs of messages that are not in use. One whose answer was longer than `most_bytes` on the
  // wire is not kept, so the pool holds no more than about twice most * most_bytes.
  MessagePool(size_t most, size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  grpc::MessageHolder<Request, Response>* AllocateMessages() override {
    {
      absl::MutexLock lock(&mutex_);
      if (!free_.empty()) {
        Pair* const pair = free_.back().release();
        free_.pop_back();
        return pair;
      }
    }
    return new Pair(*this);
  }

 private:
  class Pair final : public grpc::MessageHolder<Request, Response> {
   public:
    explicit Pair(MessagePool& pool) : pool_(pool) {
      this->set_request(&request_);
      this->set_response(&response_);
    }

    // gRPC is done with the call.
    void Release() override {
      request_ = Request();  // a caller's unknown fields go, and their memory
      pool_.Take(std::unique_ptr<Pair>(this));
    }

    // As of the last answer that was sent.
    size_t bytes() const { return static_cast<size_t>(response_.GetCachedSize()); }

   private:
    MessagePool& pool_;
    Request request_;
    Response response_;
  };

  void Take(std::unique_ptr<Pair> pair) {
    if (pair->bytes() > most_bytes_) return;
    absl::MutexLock lock(&mutex_);
    if (free_.size() < most_) free_.push_back(std::move(pair));
  }

  const size_t most_;
  const size_t most_bytes_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Pair>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount
