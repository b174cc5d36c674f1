// Load on ArticleService.ViewArticles: streams of batches of views, counts only, over ids drawn beforehand.
// Prints one JSON object with what was acknowledged.

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "readcount/v1/article_service.grpc.pb.h"

namespace readcount::bench {
namespace {

using Time = std::chrono::steady_clock;

struct Options {
  std::string address;
  double seconds = 5;
  uint32_t ids = 1000000;
  double zipf = 0;  // exponent; 0 is uniform
  bool once = false;
  int batch = 256;
  int streams = 2;
  int in_flight = 64;  // messages of one stream
  uint32_t seed = 1;
};

// The ids in the order of sending, so that drawing them costs nothing while the clock runs.
std::vector<uint32_t> Draw(const Options& options) {
  if (options.once) {
    std::vector<uint32_t> all(options.ids);
    std::iota(all.begin(), all.end(), 1);
    return all;
  }
  constexpr size_t kDrawn = size_t{1} << 22;
  std::mt19937 random(options.seed);
  std::vector<uint32_t> drawn(kDrawn);
  if (options.zipf == 0) {
    std::uniform_int_distribution<uint32_t> uniform(1, options.ids);
    for (uint32_t& id : drawn) id = uniform(random);
    return drawn;
  }
  std::vector<double> weights(options.ids);
  for (uint32_t rank = 0; rank < options.ids; ++rank) weights[rank] = std::pow(rank + 1.0, -options.zipf);
  std::discrete_distribution<uint32_t> zipf(weights.begin(), weights.end());
  for (uint32_t& id : drawn) id = zipf(random) + 1;
  return drawn;
}

// What all streams share: where the next batch begins, when to stop, what came of it.
struct Work {
  const Options& options;
  const std::vector<uint32_t>& ids;
  const Time::time_point end;
  std::atomic<size_t> next = 0;
  std::atomic<uint64_t> acknowledged = 0;
  std::atomic<uint64_t> refused = 0;
  std::atomic<bool> broken = false;  // a stream ended with an error

  // False when there is nothing more to send.
  bool Fill(v1::ViewArticlesRequest& request) {
    const size_t begin = next.fetch_add(static_cast<size_t>(options.batch));
    if (options.once ? begin >= ids.size() : Time::now() >= end) return false;
    request.clear_ids();
    request.set_counts_only(true);
    for (size_t i = begin; i < begin + static_cast<size_t>(options.batch); ++i) {
      if (options.once && i >= ids.size()) break;
      request.add_ids(ids[i % ids.size()]);
    }
    return true;
  }
};

class Stream final : public grpc::ClientBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  Stream(v1::ArticleService::Stub& stub, Work& work, absl::BlockingCounter& open) : work_(work), open_(open) {
    stub.async()->ViewArticles(&context_, this);
    // Held until both directions have ended, for either may still begin an operation.
    AddHold();
    StartRead(&response_);
    Send();
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    bool send = false;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) ended_ = true;
      send = ok && under_way_ < work_.options.in_flight;
    }
    if (send) Send();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return RemoveHold();
    for (const v1::ViewResult& result : response_.results()) {
      (result.has_error() ? refused_ : acknowledged_) += 1;
    }
    {
      absl::MutexLock lock(&mutex_);
      --under_way_;
    }
    Send();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    work_.acknowledged += acknowledged_;
    work_.refused += refused_;
    if (!status.ok()) {
      std::cerr << "bench_stream_load: " << status.error_message() << "\n";
      work_.broken = true;
    }
    open_.DecrementCount();
  }

 private:
  // Sends one more message, or ends the sending; nothing while a message is being written.
  void Send() {
    absl::MutexLock lock(&mutex_);
    if (writing_ || ended_) return;
    if (!work_.Fill(request_)) {
      ended_ = true;
      StartWritesDone();
      return;
    }
    writing_ = true;
    ++under_way_;
    StartWrite(&request_);
  }

  Work& work_;
  absl::BlockingCounter& open_;
  grpc::ClientContext context_;
  v1::ViewArticlesRequest request_;
  v1::ViewArticlesResponse response_;
  uint64_t acknowledged_ = 0, refused_ = 0;

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

int Run(const Options& options) {
  const auto stub =
      v1::ArticleService::NewStub(grpc::CreateChannel(options.address, grpc::InsecureChannelCredentials()));
  const std::vector<uint32_t> ids = Draw(options);
  const Time::time_point begin = Time::now();
  Work work{.options = options,
            .ids = ids,
            .end = begin + std::chrono::duration_cast<Time::duration>(
                               std::chrono::duration<double>(options.seconds))};
  absl::BlockingCounter open(options.streams);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < options.streams; ++i) streams.push_back(std::make_unique<Stream>(*stub, work, open));
  open.Wait();
  const double seconds = std::chrono::duration<double>(Time::now() - begin).count();
  const uint64_t acknowledged = work.acknowledged;
  absl::PrintF(R"({"views":%d,"refused":%d,"seconds":%.3f,"rate":%.1f})"
               "\n",
               acknowledged, work.refused.load(), seconds, static_cast<double>(acknowledged) / seconds);
  return work.broken ? 1 : 0;
}

}  // namespace
}  // namespace readcount::bench

int main(int argc, char** argv) {
  CLI::App app("Views articles over ViewArticles streams and prints the rate");
  readcount::bench::Options options;
  app.add_option("--address", options.address, "of ArticleService")->required();
  app.add_option("--seconds", options.seconds, "how long to begin new batches");
  app.add_option("--ids", options.ids, "articles 1 to this")->check(CLI::PositiveNumber);
  app.add_option("--zipf", options.zipf, "exponent; 0 draws all ids alike")->check(CLI::NonNegativeNumber);
  app.add_flag("--once", options.once, "views each id once, in order, instead of drawing");
  app.add_option("--batch", options.batch, "views in one message")->check(CLI::Range(1, 1000));
  app.add_option("--streams", options.streams)->check(CLI::PositiveNumber);
  app.add_option("--in-flight", options.in_flight, "messages of one stream under way")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the draw");
  CLI11_PARSE(app, argc, argv);
  return readcount::bench::Run(options);
}
