#pragma once

#include <string>
#include <vector>

#include "tests/cli/readcount.h"

namespace readcount::testing {

// The tool on a terminal of its own, 100 columns wide, as an operator has it. The kernel kills it with the
// test. Not thread-safe.
class TerminalTool {
 public:
  explicit TerminalTool(const std::vector<std::string>& arguments, const Variables& variables = {});

  // Kills it if it still runs.
  ~TerminalTool();
  TerminalTool(const TerminalTool&) = delete;
  TerminalTool& operator=(const TerminalTool&) = delete;

  // Types on the keyboard; "\x03" is Ctrl-C.
  void Type(const std::string& keys) const;

  // Reads what it writes until that holds `text`; fails the test if that takes too long.
  void AwaitScreen(const std::string& text);

  // Reads to its end; returns its exit status.
  int Wait();

  // All bytes that it has written so far, those that move the cursor too.
  const std::string& screen() const { return screen_; }

 private:
  bool ReadMore();

  TempDir dir_;
  int terminal_ = -1;
  int pid_ = -1;
  std::string screen_;
};

}  // namespace readcount::testing
