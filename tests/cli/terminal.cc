#include "tests/cli/terminal.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

namespace readcount::testing {
namespace {

constexpr int kPatienceMs = 60'000;

// As exec wants them; they refer to the texts.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

TerminalTool::TerminalTool(const std::vector<std::string>& arguments, const Variables& variables) {
  std::vector<std::string> words = {"readcount"}, environment;
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!variables.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  const std::vector<char*> argv = Pointers(words), envp = Pointers(environment);
  const std::string folder = dir_.path();
  const winsize size = {.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("no terminal can be made");
  if (pid_ > 0) return;
  // Only calls that are safe after fork.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(folder.c_str()) == 0) execve(READCOUNT_BIN_DIR "/readcount", argv.data(), envp.data());
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
