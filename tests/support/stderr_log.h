#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

// What this process writes to its standard error from now on, which goes nowhere else. It can be read while
// other threads write. One at a time.
class StderrLog {
 public:
  StderrLog() : original_(dup(STDERR_FILENO)) {
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~StderrLog() {
    fflush(stderr);
    dup2(original_, STDERR_FILENO);
    close(original_);
  }
  StderrLog(const StderrLog&) = delete;
  StderrLog& operator=(const StderrLog&) = delete;

  std::string text() const { return ReadFile(path_); }

 private:
  const TempDir dir_;
  const std::string path_ = dir_.path("stderr");
  const int original_;
};

}  // namespace readcount::testing
