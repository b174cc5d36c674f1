#include "services/common/base/fail_point.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"

namespace readcount {
namespace {

class FailPoints {
 public:
  explicit FailPoints(const char* text) : armed_(text != nullptr && *text != '\0') {
    if (!armed_) return;
    for (const absl::string_view point : absl::StrSplit(text, ',')) Arm(point);
  }

  bool armed() const { return armed_; }

  void Pass(absl::string_view name) {
    absl::MutexLock lock(&mutex_);
    const auto found = points_.find(name);
    if (found == points_.end() || --found->second.left != 0) return;
    raise(found->second.signal);
  }

 private:
  struct Point {
    int signal = 0;
    uint64_t left = 1;
  };

  void Arm(absl::string_view text) {
    const std::vector<std::string> parts = absl::StrSplit(text, ':');
    Point point;
    bool valid = parts.size() == 2 || parts.size() == 3;
    if (valid && parts[1] == "kill") {
      point.signal = SIGKILL;
    } else if (valid && parts[1] == "stop") {
      point.signal = SIGSTOP;
    } else {
      valid = false;
    }
    if (valid && parts.size() == 3) valid = absl::SimpleAtoi(parts[2], &point.left) && point.left > 0;
    if (!valid) {
      const std::string message =
          absl::StrCat("READCOUNT_FAIL_POINTS: '", text, "' is not NAME:kill|stop[:N]\n");
      std::fputs(message.c_str(), stderr);
      std::abort();
    }
    absl::MutexLock lock(&mutex_);
    points_[parts[0]] = point;
  }

  const bool armed_;
  absl::Mutex mutex_;
  std::map<std::string, Point, std::less<>> points_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void FailPoint(absl::string_view name) {
  static auto& points = *new FailPoints(std::getenv("READCOUNT_FAIL_POINTS"));
  if (points.armed()) points.Pass(name);
}

}  // namespace readcount
