#include "tests/cli/terminal.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace readcount::testing {
namespace {

constexpr int kPatienceMs = 60'000;

}  // namespace

TerminalTool::TerminalTool(const std::vector<std::string>& arguments, const Variables& variables) {
  const winsize size = {.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("no terminal can be made");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words = {const_cast<char*>("readcount")};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  if (chdir(dir_.path().c_str()) == 0) execv(READCOUNT_BIN_DIR "/readcount", words.data());
  _exit(127);
}

TerminalTool::~TerminalTool() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(terminal_);
}

void TerminalTool::Type(const std::string& keys) const {
  EXPECT_EQ(write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
}

// False when nothing can come any more.
bool TerminalTool::ReadMore() {
  pollfd event{.fd = terminal_, .events = POLLIN, .revents = 0};
  if (poll(&event, 1, kPatienceMs) <= 0) {
    ADD_FAILURE() << "nothing comes any more after:\n" << screen_;
    return false;
  }
  char bytes[4096];
  const ssize_t count = read(terminal_, bytes, sizeof(bytes));
  if (count <= 0) return false;
  screen_.append(bytes, static_cast<size_t>(count));
  return true;
}

void TerminalTool::AwaitScreen(const std::string& text) {
  while (screen_.find(text) == std::string::npos) {
    if (!ReadMore()) {
      ADD_FAILURE() << text << " is not in:\n" << screen_;
      return;
    }
  }
}

int TerminalTool::Wait() {
  while (ReadMore()) {
  }
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace readcount::testing
