#include "services/common/base/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/support/notify_socket.h"

namespace readcount {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() { setenv("NOTIFY_SOCKET", socket_.path().c_str(), /*overwrite=*/1); }
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  testing::NotifySocket socket_;
};

TEST_F(ServiceManagerTest, HearsThatTheProgramServesAndWhere) {
  ServiceManager manager;
  manager.Serving("127.0.0.1:8080");
  EXPECT_EQ(socket_.Next(), "READY=1\nSTATUS=Serving at 127.0.0.1:8080");
}

TEST_F(ServiceManagerTest, HearsHowLongAnEndMayTake) {
  ServiceManager manager;
  manager.Stopping(absl::Seconds(10));
  EXPECT_THAT(socket_.Next(),
              AllOf(StartsWith("STOPPING=1\nSTATUS=Finishing what is under way, 10s at most\n"),
                    HasSubstr("EXTEND_TIMEOUT_USEC=20000000")));
}

TEST_F(ServiceManagerTest, HearsAgainAndAgainThatTheProgramIsNotStuckIfItAsks) {
  setenv("WATCHDOG_USEC", "2000", /*overwrite=*/1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), /*overwrite=*/1);
  ServiceManager manager;
  manager.Serving("127.0.0.1:8080");
  EXPECT_THAT(socket_.Next(), StartsWith("READY=1"));
  EXPECT_EQ(socket_.Next(), "WATCHDOG=1");
  EXPECT_EQ(socket_.Next(), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, HearsNoWatchdogThatAnotherProcessWasAskedFor) {
  setenv("WATCHDOG_USEC", "2000", /*overwrite=*/1);
  setenv("WATCHDOG_PID", "1", /*overwrite=*/1);
  ServiceManager manager;
  manager.Serving("127.0.0.1:8080");
  manager.Stopping(absl::ZeroDuration());
  EXPECT_THAT(socket_.Next(), StartsWith("READY=1"));
  EXPECT_THAT(socket_.Next(), StartsWith("STOPPING=1"));
}

TEST_F(ServiceManagerTest, ThatItCannotBeToldIsLoggedOnce) {
  setenv("NOTIFY_SOCKET", (socket_.path() + ".gone").c_str(), /*overwrite=*/1);
  ::testing::internal::CaptureStderr();
  ServiceManager manager;
  manager.Serving("127.0.0.1:8080");
  for (int i = 0; i < 3; ++i) manager.Stopping(absl::ZeroDuration());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("service_manager_not_told error=\"No such file or directory\""));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(ServiceManagerTest, IsNotNeeded) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager manager;
  manager.Serving("127.0.0.1:8080");
  setenv("NOTIFY_SOCKET", socket_.path().c_str(), /*overwrite=*/1);
  manager.Stopping(absl::ZeroDuration());
  EXPECT_THAT(socket_.Next(), StartsWith("STOPPING=1"));
}

}  // namespace
}  // namespace readcount
