#include "tests/support/program.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace readcount::testing {
namespace {

constexpr std::chrono::seconds kStartTime(30);
constexpr char kFailPoints[] = "READCOUNT_FAIL_POINTS";

// article-service, LISTEN -> READCOUNT_ARTICLE_LISTEN
std::string VariableOf(const std::string& name, const std::string& key) {
  std::string section = name.substr(0, name.find('-'));
  for (char& c : section) c = static_cast<char>(std::toupper(c));
  return "READCOUNT_" + section + "_" + key;
}

}  // namespace

ProgramProcess::ProgramProcess(std::string name, std::map<std::string, std::string> environment,
                               std::string listen)
    : name_(std::move(name)), environment_(std::move(environment)), address_(std::move(listen)) {
  Start();
}

void ProgramProcess::Start() {
  const std::string announced = dir_.path("address");
  std::filesystem::remove(announced);
  environment_[VariableOf(name_, "LISTEN")] = address_;
  environment_.emplace(VariableOf(name_, "METRICS_LISTEN"), "127.0.0.1:0");
  const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(watch, dir_.path().c_str(), IN_MOVED_TO);
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{std::string(READCOUNT_BIN_DIR) + "/" + name_, "--config",
                               std::string(READCOUNT_SOURCE_DIR) + "/app.yaml", "--announce", announced},
      dir_.path("log"), environment_);
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (!std::filesystem::exists(announced)) {
    // Wakes when the file comes; looks now and then whether the program is still there.
    pollfd event{.fd = watch, .events = POLLIN, .revents = 0};
    poll(&event, 1, 100);
    // One that is to die at a fail point may do so before it has told its address.
    if (environment_.contains(kFailPoints) && !process_->Running() && process_->Wait() == -SIGKILL) {
      close(watch);
      return;
    }
    if (!process_->Running() || std::chrono::steady_clock::now() > deadline) {
      close(watch);
      throw std::runtime_error(name_ + " did not start:\n" + log());
    }
  }
  close(watch);
  address_ = ReadFile(announced);
  address_.pop_back();
}

std::string ProgramProcess::metrics_address() const {
  const std::string text = log(), sign = "metrics_served address=";
  const size_t place = text.rfind(sign);
  if (place == std::string::npos) return "";
  const size_t begin = place + sign.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

int ProgramProcess::Stop() {
  process_->Signal(SIGTERM);
  return process_->Wait();
}

void ProgramProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

void ProgramProcess::SetVariable(const std::string& name, const std::string& value) {
  if (value.empty()) {
    environment_.erase(name);
  } else {
    environment_[name] = value;
  }
}

void ProgramProcess::Restart() {
  Start();
}

}  // namespace readcount::testing
