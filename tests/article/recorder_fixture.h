#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "services/article/view_recorder.h"
#include "tests/article/submit.h"
#include "tests/fakes/clock.h"
#include "tests/fakes/life_registry.h"
#include "tests/fakes/view_ledger.h"

namespace readcount {

// A recorder without a spool, over fakes of both servers.
class RecorderTest : public ::testing::Test {
 protected:
  using Fault = FakeViewLedger::Fault;

  static ViewRecorder::Settings MakeSettings() { return {.writer = 42, .retry_for = absl::Seconds(5)}; }

  absl::StatusOr<RecordedViews> Submit(ViewRecorder::Ids ids, bool record) {
    return SubmitTo(recorder_, std::move(ids), record);
  }

  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeViewLedger ledger_;
  FakeLifeRegistry registry_;
  ViewRecorder recorder_{MakeSettings(), ledger_, registry_, /*spool=*/nullptr, {}, clock_, sleeper_};
};

}  // namespace readcount
