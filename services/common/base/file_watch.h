#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/poller.h"

namespace readcount {

// Tells when files have changed: their content, what a link on the way leads to, or whether they are there.
class FileWatch {
 public:
  // Changes count from now on, so that none is missed by whoever reads the files next. Looks every
  // `interval`.
  explicit FileWatch(std::vector<std::string> paths, absl::Duration interval = absl::Milliseconds(500));

  // Begins to tell. `changed` runs on a thread of the watch until destruction, once the files have been the
  // same for an interval, so that as a rule none is read half written. REQUIRES: called once at most.
  void Start(std::function<void()> changed);

 private:
  // What differs once a file is another or has been written.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;  // none: no such file
    int64_t modified_ns = 0, changed_ns = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  static Stamp StampOf(const std::string& path);
  std::vector<Stamp> Look() const;

  const std::vector<std::string> paths_;
  const absl::Duration interval_;

  // Of the poller's thread once it runs.
  std::vector<Stamp> told_, seen_;

  std::unique_ptr<Poller> poller_;  // last: its thread uses what stands above
};

// True if users beside the owner and its group may read the file: a secret's should not be so.
bool OthersMayRead(const std::string& path);

}  // namespace readcount
