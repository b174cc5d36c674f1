#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "services/common/auth/auth_gate.h"
#include "services/common/auth/bearer.h"
#include "services/common/auth/token_store.h"
#include "services/common/rpc/listen_socket.h"
#include "tests/support/await.h"
#include "tests/support/certificates.h"
#include "tests/support/stderr_log.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using Access = AuthGate::Access;
using Reads = AuthSettings::Reads;
using testing::Await;
using testing::ReplaceFile;

TEST(BearerTest, TakesTheTokenWhateverTheSchemesCase) {
  EXPECT_THAT(BearerToken("Bearer secret"), Optional(absl::string_view("secret")));
  EXPECT_THAT(BearerToken("bEARER secret"), Optional(absl::string_view("secret")));
}

TEST(BearerTest, TakesNothingElse) {
  for (const char* header : {"", "Bearer", "Bearer ", "secret", "Basic secret", "Bearersecret"}) {
    EXPECT_EQ(BearerToken(header), std::nullopt) << header;
  }
}

class TokenStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenStore> Open() {
    absl::StatusOr<std::unique_ptr<TokenStore>> store = TokenStore::Open(settings_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  std::string ErrorOf() {
    const absl::Status status = TokenStore::Open(settings_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  testing::TempDir dir_;
  const std::string file_ = dir_.path("tokens");
  Settings settings_;
};

TEST_F(TokenStoreTest, WithoutTokensNoneIsAskedForAndNoneIsRight) {
  const auto store = Open();
  EXPECT_FALSE(store->configured());
  EXPECT_FALSE(store->Holds(""));
  EXPECT_FALSE(store->Holds("secret"));
  EXPECT_EQ(store->First(), "");
}

TEST_F(TokenStoreTest, HoldsThoseOfTheListAndOfTheFile) {
  settings_.auth.tokens = "one, two";
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "# of the night shift\n\n  three  \nfour\n");
  const auto store = Open();
  EXPECT_TRUE(store->configured());
  for (const char* token : {"one", "two", "three", "four"}) EXPECT_TRUE(store->Holds(token)) << token;
  for (const char* token : {"", "on", "onee", "One", "one,", "# of the night shift", "one, two"})
    EXPECT_FALSE(store->Holds(token)) << token;
  EXPECT_EQ(store->First(), "one");
}

TEST_F(TokenStoreTest, WithoutAListTheFirstOfTheFileIsPresented) {
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "# comment\nthree\nfour\n");
  EXPECT_EQ(Open()->First(), "three");
}

TEST_F(TokenStoreTest, TheFileIsReadAgainWhenItChanges) {
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "old\n");
  const auto store = Open();
  ReplaceFile(file_, "new\nold\n");
  EXPECT_TRUE(Await([&] { return store->Holds("new"); }));
  EXPECT_TRUE(store->Holds("old"));
  EXPECT_EQ(store->First(), "new");
  std::ofstream(file_) << "new\n";  // written in place
  EXPECT_TRUE(Await([&] { return !store->Holds("old"); }));
  EXPECT_TRUE(store->Holds("new"));
}

TEST_F(TokenStoreTest, AFileThatIsEmptiedLetsNobodyIn) {
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "old\n");
  const auto store = Open();
  ReplaceFile(file_, "# none\n");
  EXPECT_TRUE(Await([&] { return !store->Holds("old"); }));
  EXPECT_TRUE(store->configured());
}

TEST_F(TokenStoreTest, AFileThatIsBrokenOrGoneLeavesTheTokensOfBefore) {
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "old\n");
  const auto store = Open();
  const auto log_after = [&](auto change) {
    const testing::StderrLog log;
    change();
    // The log alone tells that the change has been seen.
    EXPECT_TRUE(Await([&log] { return absl::StrContains(log.text(), "tokens_not_read"); }));
    return log.text();
  };
  EXPECT_THAT(log_after([&] { ReplaceFile(file_, "hunter2 hunter2\n"); }),
              AllOf(HasSubstr(file_ + ":1: is no token"), Not(HasSubstr("hunter2"))));
  EXPECT_TRUE(store->Holds("old"));
  EXPECT_THAT(log_after([&] { std::filesystem::remove(file_); }), HasSubstr("cannot be read"));
  EXPECT_TRUE(store->Holds("old"));
  // Nobody writes to it: whoever waited for that would read nothing again, and never end.
  EXPECT_THAT(log_after([&] { ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0); }),
              HasSubstr(file_ + ": is no regular file"));
  EXPECT_TRUE(store->Holds("old"));
  ReplaceFile(file_, "new\n");
  EXPECT_TRUE(Await([&] { return store->Holds("new"); }));
}

TEST_F(TokenStoreTest, NamesPlaceAndLineOfWhatIsNoTokenButNotTheText) {
  settings_.auth.tokens = "hunter2 hunter2";
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("auth.tokens: is no token"), Not(HasSubstr("hunter2"))));
  settings_.auth.tokens = " , ";
  EXPECT_THAT(ErrorOf(), HasSubstr("auth.tokens: is no token"));
  settings_.auth.tokens = "";
  settings_.auth.tokens_file = file_;
  EXPECT_THAT(ErrorOf(), HasSubstr("auth.tokens_file: " + file_ + ": cannot be read: No such file"));
  ReplaceFile(file_, "good\nhunter2!\n");
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr(file_ + ":2: is no token"), Not(HasSubstr("hunter2"))));
  ReplaceFile(file_, "# nothing\n");
  EXPECT_THAT(ErrorOf(), HasSubstr(file_ + ": holds no token"));
  settings_.auth.tokens_file = dir_.path();
  EXPECT_THAT(ErrorOf(), HasSubstr("auth.tokens_file: " + dir_.path() + ": is a directory, not a file"));
  settings_.auth.tokens_file = dir_.path("pipe");
  ASSERT_EQ(mkfifo(settings_.auth.tokens_file.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(), HasSubstr("auth.tokens_file: " + dir_.path("pipe") + ": is no regular file"));
}

TEST_F(TokenStoreTest, AFileThatOthersMayReadIsWarnedOf) {
  settings_.auth.tokens_file = file_;
  ReplaceFile(file_, "hunter2hunter2hunter2\n", /*readable_by_all=*/true);
  ::testing::internal::CaptureStderr();
  Open();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("secret_readable_by_others"), HasSubstr(file_), Not(HasSubstr("hunter2"))));
  ReplaceFile(file_, "hunter2hunter2hunter2\n");
  ::testing::internal::CaptureStderr();
  Open();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(TokenStoreTest, AShortTokenIsWarnedOf) {
  settings_.auth.tokens = "hunter2";
  ::testing::internal::CaptureStderr();
  Open();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("short_token"), HasSubstr("openssl rand"), Not(HasSubstr("hunter2"))));
}

class AuthGateTest : public TokenStoreTest {
 protected:
  // Whether a caller without credentials may read, by where it is.
  bool MayRead(Reads reads, bool loopback) {
    AuthGate gate(*store_, /*certificates=*/true, reads);
    return gate.Check(Access::kRead, {.loopback = loopback}).ok();
  }
  static Caller With(absl::string_view authorization) { return {.authorization = {authorization}}; }

  AuthGateTest() {
    settings_.auth.tokens = "right";
    store_ = Open();
  }

  std::unique_ptr<TokenStore> store_;
};

TEST_F(AuthGateTest, WhoReadsWithoutCredentialsIsASetting) {
  EXPECT_TRUE(MayRead(Reads::kLoopback, true));
  EXPECT_FALSE(MayRead(Reads::kLoopback, false));
  EXPECT_TRUE(MayRead(Reads::kEveryone, true));
  EXPECT_TRUE(MayRead(Reads::kEveryone, false));
  EXPECT_FALSE(MayRead(Reads::kCredentials, true));
  EXPECT_FALSE(MayRead(Reads::kCredentials, false));
}

TEST_F(AuthGateTest, WhatChangesSomethingNeedsCredentialsWhoeverReads) {
  for (const Reads reads : {Reads::kLoopback, Reads::kEveryone, Reads::kCredentials}) {
    AuthGate gate(*store_, /*certificates=*/true, reads);
    for (const Access access : {Access::kRead, Access::kChange}) {
      EXPECT_TRUE(gate.Check(access, With("Bearer right")).ok());
      EXPECT_TRUE(gate.Check(access, {.certified = true}).ok());
    }
    EXPECT_EQ(gate.Check(Access::kChange, {.loopback = true}).code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(gate.Check(Access::kChange, With("Bearer wrong")).code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(gate.Check(Access::kChange, With("right")).code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(gate.tally().missing.value(), 1u);
    EXPECT_EQ(gate.tally().wrong.value(), 2u);
  }
}

TEST_F(AuthGateTest, OfSeveralTokensOneIsEnough) {
  AuthGate gate(*store_, /*certificates=*/false, Reads::kCredentials);
  EXPECT_TRUE(gate.Check(Access::kChange, {.authorization = {"Bearer wrong", "Bearer right"}}).ok());
}

TEST_F(AuthGateTest, TheProcessItselfIsKnownByATokenThatNobodyElseHas) {
  AuthGate gate(*store_, /*certificates=*/true, Reads::kCredentials);
  AuthGate other(*store_, /*certificates=*/true, Reads::kCredentials);
  EXPECT_TRUE(gate.Check(Access::kChange, With("Bearer " + gate.own_token())).ok());
  EXPECT_FALSE(other.Check(Access::kChange, With("Bearer " + gate.own_token())).ok());
  EXPECT_EQ(gate.own_token().size(), 64u);
}

TEST_F(AuthGateTest, MessagesTellWhatToDoAndNoToken) {
  AuthGate gate(*store_, /*certificates=*/true, Reads::kLoopback);
  EXPECT_THAT(std::string(gate.Check(Access::kChange, {}).message()),
              AllOf(HasSubstr("authorization: Bearer <token>"), Not(HasSubstr("right"))));
  EXPECT_THAT(std::string(gate.Check(Access::kChange, With("Bearer hunter2")).message()),
              AllOf(HasSubstr("auth.tokens_file"), Not(HasSubstr("hunter2")), Not(HasSubstr("right"))));
}

TEST_F(AuthGateTest, WithoutTokensAndCertificatesEverybodyMayDoEverything) {
  settings_.auth.tokens = "";
  const auto none = Open();
  AuthGate open(*none, /*certificates=*/false, Reads::kLoopback);
  EXPECT_TRUE(open.Check(Access::kChange, {}).ok());
  AuthGate certificates_only(*none, /*certificates=*/true, Reads::kLoopback);
  EXPECT_FALSE(certificates_only.Check(Access::kChange, {.loopback = true}).ok());
}

TEST_F(AuthGateTest, AnAddressThatOthersReachNeedsCredentials) {
  settings_.auth.tokens = "";
  settings_.sync.listen = {.host = "0.0.0.0", .port = 50052};
  const auto none = Open();
  EXPECT_TRUE(RequireCredentials(settings_, *none, /*reachable=*/false).ok());
  EXPECT_TRUE(RequireCredentials(settings_, *store_, /*reachable=*/true).ok());
  EXPECT_THAT(std::string(RequireCredentials(settings_, *none, /*reachable=*/true).message()),
              AllOf(HasSubstr("sync.listen: 0.0.0.0:50052"), HasSubstr("set auth.tokens")));
  settings_.sync.tls.ca = "ca.pem";
  EXPECT_TRUE(RequireCredentials(settings_, *none, /*reachable=*/true).ok());
}

TEST_F(AuthGateTest, ReadingMustNotNeedWhatNobodyHas) {
  settings_.auth = {.reads = Reads::kCredentials};
  const auto none = Open();
  EXPECT_THAT(std::string(RequireCredentials(settings_, *none, /*reachable=*/false).message()),
              HasSubstr("auth.reads: nobody has credentials"));
}

TEST(ReachableTest, OnlyLoopbackIsNot) {
  for (const char* host : {"127.0.0.1", "127.8.9.10", "::1", "localhost", "no such host"})
    EXPECT_FALSE(IsReachable({.host = host, .port = 1})) << host;
  for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"})
    EXPECT_TRUE(IsReachable({.host = host, .port = 1})) << host;
}

}  // namespace
}  // namespace readcount
