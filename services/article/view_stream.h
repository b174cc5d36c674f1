#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "readcount/v1/article_service.pb.h"
#include "services/article/reader.h"
#include "services/common/rpc/rpc_meter.h"

namespace readcount {

class ViewStream;

inline constexpr int kMaxBatchIds = 1000;  // of one message

// INVALID_ARGUMENT for a message with no ids or too many.
absl::Status CheckBatchSize(int size);

// The ViewArticles streams that are open. Thread-safe.
class ViewStreams {
 public:
  // `meter` is the method's and must outlive the streams.
  explicit ViewStreams(MethodMeter& meter) : meter_(meter) {}

  // Waits for every stream to end.
  ~ViewStreams();

  // A reactor for a new stream; deletes itself when the stream has ended. Refused if EndAll was called.
  grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse>* Open(
      grpc::CallbackServerContext& context, ArticleReader& reader);

  // Ends every stream with UNAVAILABLE: at once where it waits for the client, else after the answers under
  // way. The client is told by kUnansweredMetadata that what was not answered was not recorded.
  void EndAll();

 private:
  friend class ViewStream;
  void Remove(ViewStream* stream);
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_.empty(); }

  MethodMeter& meter_;

  absl::Mutex mutex_;
  absl::flat_hash_set<ViewStream*> open_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
