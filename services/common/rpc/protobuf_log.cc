#include "services/common/rpc/protobuf_log.h"

#include <google/protobuf/stubs/logging.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/log.h"
#include "services/common/base/now_and_then.h"

namespace readcount {
namespace {

LogLevel LevelOf(google::protobuf::LogLevel level) {
  switch (level) {
    case google::protobuf::LOGLEVEL_INFO:
      return LogLevel::kInfo;
    case google::protobuf::LOGLEVEL_WARNING:
    case google::protobuf::LOGLEVEL_ERROR:  // as a rule the sender's error, not the program's
      return LogLevel::kWarning;
    case google::protobuf::LOGLEVEL_FATAL:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

void Send(google::protobuf::LogLevel level, const char* file, int line, const std::string& text) {
  static NowAndThen log(SystemClock(), absl::Minutes(1));
  static std::atomic<uint64_t> left_out = 0;
  // Behind a fatal one protobuf ends the process.
  if (level != google::protobuf::LOGLEVEL_FATAL && !log.IsDue()) {
    left_out.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Log(LevelOf(level), "protobuf_message",
      {{"text", text},
       {"at", absl::StrCat(file, ":", line)},
       {"left_out", left_out.exchange(0, std::memory_order_relaxed)}});
}

}  // namespace

void SendProtobufToLog() {
  google::protobuf::SetLogHandler(Send);
}

}  // namespace readcount
