#include <gmock/gmock.h>
#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/rpc/open_sockets.h"
#include "services/common/rpc/server.h"
#include "tests/support/http2.h"
#include "tests/support/no_descriptors.h"

namespace readcount {
namespace {

using ::testing::HasSubstr;
using testing::http2::Call;
using testing::http2::Client;
using testing::http2::Type;

std::unique_ptr<RpcServer> Serve(const std::string& host, const GrpcSettings& settings = {}) {
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Start(settings, {.host = host, .port = 0}, {});
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

bool Connects(const std::string& address) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  return channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

TEST(OpenSocketsTest, NoticesASocketThatIsClosedEvenIfItsNumberCameAgain) {
  OpenSockets open;
  const int first = socket(AF_INET, SOCK_STREAM, 0);
  const int second = socket(AF_INET, SOCK_STREAM, 0);
  open.Add(first);
  open.Add(second);
  EXPECT_EQ(open.Count(), 2u);
  const int stranger = socket(AF_INET, SOCK_STREAM, 0);
  dup2(stranger, first);
  EXPECT_EQ(open.Count(), 1u);
  close(second);
  EXPECT_EQ(open.Count(), 0u);
  close(stranger);
  close(first);
}

TEST(RpcServerTest, ServesEveryAddressOfANameAndBothFamilies) {
  for (const char* host : {"127.0.0.1", "localhost", "0.0.0.0", "*"}) {
    const std::unique_ptr<RpcServer> server = Serve(host);
    EXPECT_NE(server->address().port, 0);
    EXPECT_TRUE(Connects("127.0.0.1:" + std::to_string(server->address().port))) << host;
  }
}

TEST(RpcServerTest, ServesIpv6) {
  absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start({}, {.host = "::1", .port = 0}, {});
  if (!server.ok()) GTEST_SKIP() << server.status();
  EXPECT_TRUE(Connects((*server)->address().ToString()));
}

TEST(RpcServerTest, SaysWhyItCannotListen) {
  const std::unique_ptr<RpcServer> first = Serve("127.0.0.1");
  const absl::Status taken = RpcServer::Start({}, first->address(), {}).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.message()),
              HasSubstr(first->address().ToString() + ": the address is in use"));
  const absl::Status foreign = RpcServer::Start({}, {.host = "192.0.2.1", .port = 0}, {}).status();
  EXPECT_THAT(std::string(foreign.message()), HasSubstr("192.0.2.1:0: the address is not this machine's"));
  const absl::Status unknown = RpcServer::Start({}, {.host = "no such host", .port = 0}, {}).status();
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("the host is not known"));
}

TEST(RpcServerTest, AnAddressIsFreeAgainAfterADrain) {
  std::unique_ptr<RpcServer> first = Serve("127.0.0.1");
  const Address address = first->address();
  Client client(address.ToString());
  ASSERT_TRUE(client.Await(Type::kSettings).has_value());
  first->Drain(absl::ZeroDuration());
  EXPECT_TRUE(client.ClosedByServer());
  EXPECT_TRUE(RpcServer::Start({}, address, {}).ok());
}

TEST(RpcServerTest, SaysWhatToDoWhenNoDescriptorIsLeft) {
  absl::StatusOr<ListenSockets> sockets = Listen({.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  absl::Status listening, accepting;
  {
    const testing::NoDescriptors none;
    listening = Listen({.host = "127.0.0.1", .port = 0}).status();
    accepting = Acceptor::Start({}, *std::move(sockets), [](int, int) {}).status();
  }
  for (const absl::Status& status : {listening, accepting}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr("raise the limit of open files"));
  }
}

// A call that lasts until it is told to end.
class LongCall final : public v1::SyncService::Service {
 public:
  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* /*response*/) override {
    begun.Notify();
    end.WaitForNotification();
    return grpc::Status::OK;
  }
  absl::Notification begun, end;
};

TEST(RpcServerTest, ACallUnderWayIsAnsweredInADrain) {
  LongCall service;
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Start({}, {.host = "127.0.0.1", .port = 0}, {&service});
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address().ToString();
  auto caller = std::make_unique<Client>(address);
  caller->Write(Call(1, "/readcount.v1.SyncService/GetStatus", ""));
  service.begun.WaitForNotification();
  std::thread drain([&] { (*server)->Drain(absl::Minutes(10)); });
  EXPECT_TRUE(caller->Await(Type::kGoAway).has_value());
  service.end.Notify();
  EXPECT_TRUE(caller->Await(Type::kHeaders).has_value()) << "the answer";
  caller.reset();  // it would answer no ping
  drain.join();
}

TEST(RpcServerTest, ClosesNewcomersBeyondTheCapUntilSomeConnectionCloses) {
  GrpcSettings settings;
  settings.max_connections = 3;
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1", settings);
  const std::string address = server->address().ToString();
  std::vector<std::unique_ptr<Client>> taken;
  for (int i = 0; i < 3; ++i) {
    taken.push_back(std::make_unique<Client>(address));
    ASSERT_TRUE(taken.back()->Await(Type::kSettings).has_value());
  }
  for (int i = 0; i < 5; ++i) {
    Client refused(address);
    EXPECT_FALSE(refused.Await(Type::kSettings).has_value());
    EXPECT_TRUE(refused.ClosedByServer());
  }
  for (const auto& connection : taken) {
    connection->Write({.type = Type::kPing, .payload = "12345678"});
    EXPECT_TRUE(connection->Await(Type::kPing).has_value()) << "those within the cap stay";
  }
  taken.pop_back();
  EXPECT_TRUE(Connects(address)) << "a client that tries again gets the free place";
}

TEST(RpcServerTest, CutsAConnectionThatNeverSpeaks) {
  GrpcSettings settings;
  settings.handshake_timeout = absl::Milliseconds(100);
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1", settings);
  Client silent(server->address().ToString(), Client::kNothing);
  EXPECT_TRUE(silent.ClosedByServer());
}

TEST(RpcServerTest, CutsAPeerThatAnswersNoPing) {
  GrpcSettings settings;
  settings.ping_interval = absl::Seconds(1);
  settings.ping_timeout = absl::Milliseconds(100);
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1", settings);
  Client dead(server->address().ToString());
  EXPECT_TRUE(dead.Await(Type::kPing).has_value());
  EXPECT_TRUE(dead.ClosedByServer());
}

TEST(RpcServerTest, ClosesAConnectionWithoutCalls) {
  GrpcSettings settings;
  settings.idle_timeout = absl::Seconds(1);
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1", settings);
  Client idle(server->address().ToString());
  EXPECT_TRUE(idle.Await(Type::kGoAway).has_value());
}

TEST(RpcServerTest, ACallWhoseDeadlinePassesIsEndedByItsClient) {
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1");
  const auto stub = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(server->address().ToString(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  const auto watch = stub->Watch(&context, {});
  for (grpc::health::v1::HealthCheckResponse response; watch->Read(&response);) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  server->Drain(absl::Hours(1));  // would wait so long for a call that the server still has
}

TEST(RpcServerTest, AnInProcessChannelNeedsNoConnection) {
  GrpcSettings settings;
  settings.max_connections = 1;
  const std::unique_ptr<RpcServer> server = Serve("127.0.0.1", settings);
  Client only(server->address().ToString());
  ASSERT_TRUE(only.Await(Type::kSettings).has_value());
  const auto stub = grpc::health::v1::Health::NewStub(server->InProcessChannel());
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace readcount
