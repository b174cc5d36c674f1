#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

// One of the three programs, run as an operator runs it: app.yaml of the tree, the rest by environment.
class ProgramProcess {
 public:
  // Starts bin/<name>, listening on ports that the kernel chooses, and waits until it serves. `environment`
  // holds READCOUNT_… variables.
  ProgramProcess(std::string name, std::map<std::string, std::string> environment,
                 std::string listen = "127.0.0.1:0");

  // `host:port`.
  const std::string& address() const { return address_; }

  // `host:port` of its metrics, since the last start.
  std::string metrics_address() const;

  pid_t pid() const { return process_->pid(); }

  // SIGTERM; returns the exit status.
  int Stop();
  void Kill();  // SIGKILL
  void Signal(int signal) { process_->Signal(signal); }

  bool Running() { return process_->Running(); }
  void AwaitEnd() { process_->Wait(); }  // of a program that ends by itself

  // Starts it again at the same address, after it has ended.
  void Restart();

  // A variable for the next start; empty to take it away.
  void SetVariable(const std::string& name, const std::string& value);

  std::string log() const { return ReadFile(dir_.path("log")); }

 private:
  void Start();

  const std::string name_;
  std::map<std::string, std::string> environment_;
  TempDir dir_;
  std::string address_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace readcount::testing
