#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "services/article/view_recorder.h"

namespace readcount {

// Submits and waits for the outcome.
inline absl::StatusOr<RecordedViews> SubmitTo(ViewRecorder& recorder, ViewRecorder::Ids ids, bool record) {
  absl::Notification answered;
  absl::StatusOr<RecordedViews> outcome;
  EXPECT_TRUE(recorder
                  .Submit(std::move(ids), record,
                          [&](const absl::StatusOr<RecordedViews>& result) {
                            outcome = result;
                            answered.Notify();
                          })
                  .ok());
  answered.WaitForNotification();
  return outcome;
}

}  // namespace readcount
