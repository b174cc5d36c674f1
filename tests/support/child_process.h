#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace readcount::testing {

// A program that a test runs. The kernel kills it when the test process dies, however that happens. Not
// thread-safe; the thread that starts it must live as long as it.
class ChildProcess {
 public:
  // Starts `command` with `environment` on top of the test's own; output is appended to `log`. Throws if
  // there is no such program.
  ChildProcess(const std::vector<std::string>& command, const std::string& log,
               const std::map<std::string, std::string>& environment = {});

  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Signal(int signal) const;

  // Waits for its end; returns its exit status, or minus the signal that ended it. One that does not end
  // within a minute is killed, and fails the test.
  int Wait();

  bool Running();
  pid_t pid() const { return pid_; }

 private:
  bool AwaitEnd() const;

  pid_t pid_ = -1;
  std::optional<int> status_;
};

// The whole text of a file; empty if there is none.
std::string ReadFile(const std::string& path);

}  // namespace readcount::testing
