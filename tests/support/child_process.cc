#include "tests/support/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_split.h"

namespace readcount::testing {
namespace {

int ToResult(int status) {
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int kLongestWaitMs = 60'000;

// Between fork and exec only calls that are safe after fork are made.
[[noreturn]] void Become(const char* file, char* const* arguments, char* const* environment, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execve(file, arguments, environment);
  _exit(127);
}

// The test's own environment with `changes`, as lines.
std::vector<std::string> Variables(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : changes) variables.push_back(name + "=" + value);
  return variables;
}

// A name without a slash is looked up along the PATH that the child gets.
std::string FileOf(const std::string& program, const std::map<std::string, std::string>& changes) {
  if (program.find('/') != std::string::npos) return program;
  const auto changed = changes.find("PATH");
  const char* own = std::getenv("PATH");
  const std::string path = changed != changes.end() ? changed->second : own != nullptr ? own : "";
  for (const absl::string_view directory : absl::StrSplit(path, ':', absl::SkipEmpty())) {
    const std::string file = std::string(directory) + "/" + program;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  throw std::runtime_error(program + " is not found along PATH=" + path);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::string& log,
                           const std::map<std::string, std::string>& environment) {
  std::vector<std::string> arguments = command, variables = Variables(environment);
  const std::string program = FileOf(command[0], environment);
  const std::vector<char*> argv = Pointers(arguments), envp = Pointers(variables);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot open " + log);
  pid_ = fork();
  if (pid_ == 0) Become(program.c_str(), argv.data(), envp.data(), file);
  close(file);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

ChildProcess::~ChildProcess() {
  if (!Running()) return;
  Signal(SIGKILL);
  Wait();
}

void ChildProcess::Signal(int signal) const {
  if (!status_.has_value()) kill(pid_, signal);
}

bool ChildProcess::AwaitEnd() const {
  pollfd end{.fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), .events = POLLIN, .revents = 0};
  const bool ended = poll(&end, 1, kLongestWaitMs) == 1;
  close(end.fd);
  return ended;
}

int ChildProcess::Wait() {
  if (!status_.has_value() && !AwaitEnd()) {
    ADD_FAILURE() << "process " << pid_ << " does not end: it is killed";
    Signal(SIGKILL);
  }
  int status = 0;
  if (!status_.has_value() && waitpid(pid_, &status, 0) == pid_) status_ = ToResult(status);
  return status_.value_or(-1);
}

bool ChildProcess::Running() {
  int status = 0;
  if (!status_.has_value() && waitpid(pid_, &status, WNOHANG) == pid_) status_ = ToResult(status);
  return !status_.has_value();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace readcount::testing
