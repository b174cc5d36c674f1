#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/gate_routes.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

// Before the programs' own heap, which asks for the time before faketime can tell it.
constexpr char kOrdinaryHeap[] = "libstdc++.so.6:libc.so.6";
constexpr char kFaketime[] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr absl::Duration kLongestWait = absl::Seconds(10);

// The programs see a wall clock that the test sets while they run; the monotonic clock is left alone.
class Fault18 : public ::testing::TestWithParam<std::string> {
 protected:
  Fault18() {
    SetOffset("+0");
    for (ProgramProcess* program :
         {stack_.article_service.get(), stack_.sync_service.get(), stack_.gateway.get()}) {
      program->SetVariable("FAKETIME_TIMESTAMP_FILE", dir_.path("offset"));
      program->SetVariable("FAKETIME_NO_CACHE", "1");
      program->SetVariable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
      RestartWith(*program, "LD_PRELOAD", std::string(kFaketime) + ":" + kOrdinaryHeap);
    }
  }

  void SetOffset(const std::string& offset) {
    std::ofstream(dir_.path("next")) << offset << "\n";
    std::filesystem::rename(dir_.path("next"), dir_.path("offset"));
  }

  // Waits for more runs of the timer, each soon after the one before; returns when the last one ended by the
  // wall clock that the syncer sees.
  absl::Time AwaitTimerRuns(int runs) {
    absl::Time end;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestWait));
    const auto watch = stack_.syncer->WatchStatus(&context, {});
    v1::WatchStatusResponse message;
    uint64_t last = 0;
    while (runs > 0 && watch->Read(&message)) {
      EXPECT_LT(message.status().lag_seconds(), kLongestWait / absl::Seconds(1));
      EXPECT_GE(message.status().lag_seconds(), 0.0);
      const v1::SyncRun& run = message.status().last_run();
      if (run.id() == last) continue;
      last = run.id();
      end = absl::FromUnixSeconds(run.finished_at().seconds());
      --runs;
    }
    context.TryCancel();
    EXPECT_EQ(runs, 0) << "the timer stands still";
    return end;
  }

  // The library reads the wall clock itself only every few seconds.
  void AwaitJump() {
    const absl::Time deadline = absl::Now() + kLongestWait;
    while (absl::AbsDuration(AwaitTimerRuns(2) - absl::Now()) < absl::Hours(23)) {
      ASSERT_LT(absl::Now(), deadline) << "the clock did not jump";
    }
  }

  TempDir dir_;
  Stack stack_{20, "100ms"};
};

TEST_P(Fault18, TheTimerGoesOnAndCountsStayExactWhenTheWallClockJumps) {
  if (!std::filesystem::exists(kFaketime)) GTEST_SKIP() << "install the Debian package faketime";
  Load load(stack_.gateway->address(), 4, 20);
  AwaitTimerRuns(5);
  SetOffset(GetParam());
  AwaitJump();
  AwaitTimerRuns(10);
  load.AwaitViews(200);
  SetOffset("+0");
  AwaitTimerRuns(10);
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack_.ExpectBooksToBalance(load);
}

INSTANTIATE_TEST_SUITE_P(Jumps, Fault18, ::testing::Values("+1d", "-1d"), [](const auto& suite) {
  return std::string(suite.param[0] == '+' ? "Ahead" : "Back");
});

}  // namespace
}  // namespace readcount::testing
