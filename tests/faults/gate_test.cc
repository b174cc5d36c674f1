#include "tests/support/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "tests/support/gate_routes.h"
#include "tests/support/servers.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

class GateTest : public ::testing::Test {
 protected:
  GateTest() { SharedRedis().Command({"FLUSHALL"}); }

  std::unique_ptr<redis::Connection> Open() {
    absl::StatusOr<std::unique_ptr<redis::Connection>> connection = TryToOpen();
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  absl::StatusOr<std::unique_ptr<redis::Connection>> TryToOpen() {
    RedisSettings settings;
    settings.dsn = *ParseRedisDsn(RedisDsn(gate_));
    settings.connect_timeout = settings.reply_timeout = absl::Milliseconds(200);
    return redis::Connection::Open(settings);
  }
  static std::string Stored() { return SharedRedis().Command({"GET", "key"}).text; }

  Gate gate_{SharedRedis().settings().dsn.socket};
};

TEST_F(GateTest, ForwardsBothWays) {
  const auto connection = Open();
  const std::string text(300'000, 'x');
  EXPECT_EQ(connection->Command({"ECHO", text})->text, text);
}

TEST_F(GateTest, RefusesAndListensAgainAtTheSamePort) {
  const auto before = Open();
  gate_.Set({.refuse = true});
  EXPECT_THAT(std::string(TryToOpen().status().message()), HasSubstr("refused"));
  EXPECT_TRUE(absl::IsUnknown(before->Command({"PING"}).status()));
  gate_.Set({});
  EXPECT_EQ(Open()->Command({"PING"})->text, "PONG");
}

TEST_F(GateTest, ABlackHoleSwallowsEverythingUntilItEnds) {
  auto before = Open();
  gate_.Set({.black_hole = true});
  EXPECT_TRUE(absl::IsUnknown(before->Command({"SET", "key", "late"}).status()));
  EXPECT_TRUE(absl::IsUnknown((*TryToOpen())->Command({"PING"}).status()));
  EXPECT_EQ(Stored(), "");
  before.reset();
  gate_.Set({});
  EXPECT_EQ(Open()->Command({"BLPOP", "nothing", "0.05"})->type, redis::Reply::Type::kNil);
  EXPECT_EQ(Stored(), "late") << "what was sent into it arrives when it ends";
}

TEST_F(GateTest, ResetsWhatIsOpen) {
  const auto before = Open();
  gate_.Reset();
  EXPECT_TRUE(absl::IsUnknown(before->Command({"PING"}).status()));
  EXPECT_EQ(Open()->Command({"PING"})->text, "PONG");
}

TEST_F(GateTest, SlicesAndThrottlesWithoutHarm) {
  const std::string text(2000, 'x');
  const auto connection = Open();
  gate_.Set({.slice = true});
  EXPECT_EQ(connection->Command({"ECHO", text})->text, text);
  gate_.Set({.bytes_per_second = 40'000});
  const absl::Time start = absl::Now();
  EXPECT_EQ(connection->Command({"ECHO", text})->text, text);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(60));
}

TEST_F(GateTest, FlipsTopBitsAsTheSeedSays) {
  const std::string text(200, 'x');
  const auto echo = [&](uint64_t seed) {
    const auto connection = Open();
    gate_.Set({.flip_one_in = 50, .flip_requests = false, .seed = seed});
    return connection->Command({"ECHO", text})->text;
  };
  const std::string first = echo(1);
  EXPECT_EQ(first.size(), text.size());
  EXPECT_NE(first, text);
  EXPECT_EQ(echo(1), first);
  gate_.Set({.flip_one_in = 1});
  EXPECT_FALSE(Open()->Command({"PING"}).ok());
}

TEST_F(GateTest, CutsAfterSoManyBytes) {
  const auto connection = Open();
  gate_.Set({.cut_replies_after = 10});
  EXPECT_EQ(connection->Command({"PING"})->text, "PONG");  // 7 bytes
  EXPECT_TRUE(absl::IsUnknown(connection->Command({"SET", "key", "1"}).status()));
  EXPECT_EQ(Stored(), "1");
  gate_.Set({.cut_requests_after = 10});
  EXPECT_TRUE(absl::IsUnknown(Open()->Command({"SET", "key", "2"}).status()));
  EXPECT_EQ(Stored(), "1");
}

TEST_F(GateTest, LosesTheReplyToTheRequestThatIsNamed) {
  gate_.LoseReplyTo("SET", 2);
  const auto connection = Open();
  EXPECT_TRUE(connection->Command({"SET", "key", "1"}).ok());
  EXPECT_TRUE(connection->Command({"PING"}).ok());
  EXPECT_TRUE(absl::IsUnknown(connection->Command({"SET", "key", "2"}).status()));
  gate_.AwaitLoss();
  EXPECT_EQ(Stored(), "2");
  EXPECT_TRUE(Open()->Command({"SET", "key", "3"}).ok()) << "once only";
}

TEST_F(GateTest, LosesTheRequestItself) {
  gate_.LoseRequest("SET");
  EXPECT_TRUE(absl::IsUnknown(Open()->Command({"SET", "key", "1"}).status()));
  gate_.AwaitLoss();
  EXPECT_EQ(Stored(), "");
}

}  // namespace
}  // namespace readcount::testing
