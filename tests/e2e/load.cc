#include "tests/e2e/load.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "services/common/base/log.h"
#include "tests/support/http_client.h"

namespace readcount::testing {
namespace {

// While the gateway is away each attempt fails at once; without a pause that would be all the machine does.
constexpr std::chrono::milliseconds kPauseAfterFailure(5);

// That the log tells of.
constexpr uint64_t kFallsTold = 20;

constexpr absl::Duration kLongestWait = absl::Seconds(40);

}  // namespace

Load::Load(std::string address, int threads, uint64_t articles)
    : address_(std::move(address)), articles_(articles) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { Work(i); });
}

void Load::Work(uint64_t seed) {
  HttpClient client(address_);
  std::mt19937_64 random(seed);
  std::map<uint64_t, uint64_t> seen;
  while (!stopping_) {
    const uint64_t id = 1 + random() % articles_;
    const std::optional<HttpReply> reply = client.Get("/api/article/" + std::to_string(id));
    if (!reply.has_value() || reply->status != 200) {
      ++unknown_;
      std::this_thread::sleep_for(kPauseAfterFailure);
      continue;
    }
    const uint64_t count = reply->Number("read_count").value_or(0);
    const bool stale = reply->body.find("\"read_count_stale\":true") != std::string::npos;
    if (count < seen[id] || (count == seen[id] && !stale)) {
      if (++falls_ <= kFallsTold)
        Log(LogLevel::kError, "count_fell",
            {{"article", id}, {"from", seen[id]}, {"to", count}, {"stale", stale}});
    }
    seen[id] = count;
    absl::MutexLock lock(&mutex_);
    ++acknowledged_;
  }
}

void Load::AwaitViews(uint64_t more) {
  absl::MutexLock lock(&mutex_);
  const uint64_t aim = acknowledged_ + more;
  const auto reached = [this, aim]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return acknowledged_ >= aim; };
  EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&reached), kLongestWait))
      << "only " << acknowledged_ << " of " << aim << " views were acknowledged, " << unknown_ << " failed";
}

void Load::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace readcount::testing
