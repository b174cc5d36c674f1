#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/e2e/stack.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

using Variables = std::map<std::string, std::string>;

// How a run of the command-line tool ended.
struct ToolResult {
  int status = 0;  // or minus the signal that ended it
  std::string out, err;
};

// Runs bin/readcount to its end, in an empty folder. `variables` come on top of the test's own.
ToolResult RunTool(const std::vector<std::string>& arguments, const Variables& variables = {});

// The tool at work: its output can be waited for, and signals sent.
class RunningTool {
 public:
  explicit RunningTool(const std::vector<std::string>& arguments, const Variables& variables = {});

  // What it has written so far.
  std::string out() const { return ReadFile(dir_.path("out")); }

  // Fails the test if standard output, or standard error, does not hold `text` soon.
  void AwaitOut(const std::string& text) const { AwaitIn("out", text); }
  void AwaitErr(const std::string& text) const { AwaitIn("err", text); }

  void Signal(int signal) { process_.Signal(signal); }
  ToolResult Wait();

 private:
  void AwaitIn(const std::string& stream, const std::string& text) const;

  TempDir dir_;
  ChildProcess process_;
};

// Variables that tell the tool where a stack's programs are.
Variables AddressesOf(const Stack& stack);

}  // namespace readcount::testing
