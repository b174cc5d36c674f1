#include "tests/cli/readcount.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/child_process.h"

namespace readcount::testing {
namespace {

constexpr char kRun[] = "cd \"$0\" && program=$1 && shift && exec \"$program\" \"$@\" >out 2>err </dev/null";

std::vector<std::string> Command(const std::string& folder, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"sh", "-c", kRun, folder, READCOUNT_BIN_DIR "/readcount"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

RunningTool::RunningTool(const std::vector<std::string>& arguments, const Variables& variables)
    : process_(Command(dir_.path(), arguments), dir_.path("shell"), variables) {}

void RunningTool::AwaitIn(const std::string& stream, const std::string& text) const {
  const auto written = [&] { return ReadFile(dir_.path(stream)); };
  EXPECT_TRUE(Await([&] { return written().find(text) != std::string::npos; })) << text << " is not in:\n"
                                                                                << written();
}

ToolResult RunningTool::Wait() {
  const int status = process_.Wait();
  return {.status = status, .out = out(), .err = ReadFile(dir_.path("err"))};
}

ToolResult RunTool(const std::vector<std::string>& arguments, const Variables& variables) {
  return RunningTool(arguments, variables).Wait();
}

Variables AddressesOf(const Stack& stack) {
  return {{"READCOUNT_GATEWAY_ARTICLE_SERVICE", stack.article_service->address()},
          {"READCOUNT_GATEWAY_SYNC_SERVICE", stack.sync_service->address()},
          {"READCOUNT_GATEWAY_LISTEN", stack.gateway->address()}};
}

}  // namespace readcount::testing
