#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/wide.h"

namespace readcount::cli {

// How people read figures: 1234567 as 1,234,567.
std::string Grouped(int64_t number);
std::string Grouped(uint64_t number);
std::string Grouped(WideViews number);

// So many of what `one` names, which forms its plural by an s: 1 view, 2,000 views.
std::string Counted(int64_t number, absl::string_view one);
std::string Counted(uint64_t number, absl::string_view one);

// In UTC, to the second: 2026-01-02T03:04:05Z; - for none.
std::string Moment(bool present, const google::protobuf::Timestamp& time);

// 850ms, 12.3s, 4m5s.
std::string Span(absl::Duration span);
absl::Duration ToDuration(const google::protobuf::Duration& span);

// SYNC_PHASE_BACKING_OFF without its prefix, in words: backing off.
std::string Words(absl::string_view name, absl::string_view prefix);

}  // namespace readcount::cli
