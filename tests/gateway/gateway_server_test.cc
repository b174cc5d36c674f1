#include "gateway/gateway_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr uint64_t kFirstAbsent = 1000;  // ids from here on have no article

// What the fake service does with one batch of views.
enum class Turn { kAnswer, kHold, kBreak, kHoldAndBreak, kShort, kSilent };

class FakeArticleService final : public v1::ArticleService::Service {
 public:
  // The next batch is taken like this, in the order of the calls; those beyond are answered.
  void Plan(Turn turn) {
    absl::MutexLock lock(&mutex_);
    plan_.push_back(turn);
  }
  std::map<uint64_t, uint64_t> counts() {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }
  std::vector<uint64_t> got() {
    absl::MutexLock lock(&mutex_);
    return got_;
  }

  absl::Notification held;     // a batch has come that is held
  absl::Notification release;  // lets it go on

  grpc::Status ViewArticles(
      grpc::ServerContext* /*context*/,
      grpc::ServerReaderWriter<v1::ViewArticlesResponse, v1::ViewArticlesRequest>* stream) override {
    v1::ViewArticlesRequest request;
    while (stream->Read(&request)) {
      const Turn turn = Next();
      v1::ViewArticlesResponse response = Count(request);
      if (turn == Turn::kHold || turn == Turn::kHoldAndBreak) {
        held.Notify();
        release.WaitForNotification();
      }
      if (turn == Turn::kBreak || turn == Turn::kHoldAndBreak) return {grpc::StatusCode::ABORTED, "broken"};
      if (turn == Turn::kShort) response.mutable_results()->RemoveLast();
      if (turn != Turn::kSilent) stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status GetArticle(grpc::ServerContext* /*context*/, const v1::GetArticleRequest* request,
                          v1::GetArticleResponse* response) override {
    absl::MutexLock lock(&mutex_);
    got_.push_back(request->id());
    response->mutable_article()->set_id(request->id());
    response->mutable_article()->set_read_count(counts_[request->id()]);
    return grpc::Status::OK;
  }

  grpc::Status ListArticles(grpc::ServerContext* /*context*/, const v1::ListArticlesRequest* request,
                            v1::ListArticlesResponse* response) override {
    if (request->page_size() > 100) return {grpc::StatusCode::INVALID_ARGUMENT, "page_size: too large"};
    response->add_articles()->set_author(request->author());
    return grpc::Status::OK;
  }

 private:
  Turn Next() {
    absl::MutexLock lock(&mutex_);
    if (plan_.empty()) return Turn::kAnswer;
    const Turn turn = plan_.front();
    plan_.pop_front();
    return turn;
  }

  v1::ViewArticlesResponse Count(const v1::ViewArticlesRequest& request) {
    absl::MutexLock lock(&mutex_);
    v1::ViewArticlesResponse response;
    for (const uint64_t id : request.ids()) {
      v1::ViewResult& result = *response.add_results();
      result.set_id(id);
      if (id >= kFirstAbsent) {
        result.mutable_error()->set_code(grpc::StatusCode::NOT_FOUND);
        result.mutable_error()->set_message("no such article");
        continue;
      }
      result.mutable_article()->set_id(id);
      result.mutable_article()->set_read_count(++counts_[id]);
    }
    return response;
  }

  absl::Mutex mutex_;
  std::deque<Turn> plan_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> got_ ABSL_GUARDED_BY(mutex_);
};

class FakeSyncService final : public v1::SyncService::Service {
 public:
  grpc::Status RunSync(grpc::ServerContext* /*context*/, const v1::RunSyncRequest* request,
                       v1::RunSyncResponse* response) override {
    response->mutable_run()->set_requested_by(request->requested_by());
    return grpc::Status::OK;
  }
  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    response->mutable_status()->set_phase(v1::SYNC_PHASE_IDLE);
    return grpc::Status::OK;
  }
};

struct Reply {
  int status = 0;                              // 0: the connection ended before a whole reply came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One TCP connection that sends exactly the bytes it is given.
class Client {
 public:
  explicit Client(const Address& address) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }

  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the reply, or its lack, tells
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // The next reply; `head` if it answers HEAD and has no body.
  Reply Read(bool head = false) {
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return {};
    }
    Reply reply;
    const std::vector<std::string> lines = absl::StrSplit(received_.substr(0, end), "\r\n");
    received_.erase(0, end + 4);
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> field = absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
      EXPECT_TRUE(reply.headers.emplace(absl::AsciiStrToLower(field.first), field.second).second) << lines[i];
    }
    size_t length = 0;
    EXPECT_TRUE(absl::SimpleAtoi(reply.headers["content-length"], &length));
    while (!head && received_.size() < length) {
      if (!Receive()) return {};
    }
    if (!head) {
      reply.body = received_.substr(0, length);
      received_.erase(0, length);
    }
    EXPECT_TRUE(absl::StartsWith(lines[0], "HTTP/1.1 ")) << lines[0];
    EXPECT_TRUE(absl::SimpleAtoi(lines[0].substr(9, 3), &reply.status)) << lines[0];
    return reply;
  }
  Reply Ask(absl::string_view bytes) {
    Send(bytes);
    return Read();
  }

  // Waits for `bytes` to come next.
  bool Expect(absl::string_view bytes) {
    while (received_.size() < bytes.size()) {
      if (!Receive()) return false;
    }
    const bool same = absl::StartsWith(received_, bytes);
    received_.erase(0, bytes.size());
    return same;
  }

  // True once the server has closed the connection without sending more.
  bool Ended() { return received_.empty() && !Receive() && ended_; }

 private:
  bool Receive() {
    char chunk[4096];
    const ssize_t bytes = recv(socket_, chunk, sizeof chunk, 0);
    ended_ = bytes == 0;
    if (bytes > 0) received_.append(chunk, static_cast<size_t>(bytes));
    return bytes > 0;
  }

  const int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

std::string Get(absl::string_view target, absl::string_view more = "") {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: h\r\n", more, "\r\n");
}

// The services and the gateway in one process, each on a port of the kernel's choice.
class GatewayServerTest : public ::testing::Test {
 protected:
  GatewayServerTest() {
    settings_.gateway.listen = {.host = "127.0.0.1", .port = 0};
    settings_.gateway.admin_token = "secret";
  }
  ~GatewayServerTest() override {
    if (!articles_.release.HasBeenNotified()) articles_.release.Notify();
    gateway_.reset();
    StopServices();
  }

  void StartServices() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&articles_);
    builder.RegisterService(&sync_);
    services_ = builder.BuildAndStart();
    ASSERT_NE(services_, nullptr);
    settings_.gateway.article_service = {.host = "127.0.0.1", .port = static_cast<uint16_t>(port)};
    settings_.gateway.sync_service = settings_.gateway.article_service;
    SetServing("readcount.v1.ArticleService", true);
    SetServing("readcount.v1.SyncService", true);
  }
  void StopServices() {
    if (services_ == nullptr) return;
    services_->Shutdown(std::chrono::system_clock::now());
    services_.reset();
  }
  void SetServing(const std::string& service, bool serving) {
    services_->GetHealthCheckService()->SetServingStatus(service, serving);
  }
  void StartGateway() {
    absl::StatusOr<std::unique_ptr<Program>> started = GatewayServer::Start(settings_);
    ASSERT_TRUE(started.ok()) << started.status();
    gateway_ = *std::move(started);
    ASSERT_NE(address().port, 0);
  }
  void StartAll() {
    ASSERT_NO_FATAL_FAILURE(StartServices());
    ASSERT_NO_FATAL_FAILURE(StartGateway());
  }
  Address address() const { return gateway_->address(); }

  // Sends `bytes` over a connection of its own: refused with `status`, and the connection closed.
  void ExpectRefused(absl::string_view bytes, int status) {
    Client client(address());
    const Reply reply = client.Ask(bytes);
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 200);
    EXPECT_THAT(reply.headers, Contains(Pair("connection", "close"))) << bytes.substr(0, 200);
    EXPECT_THAT(reply.body, HasSubstr(R"("data":null)")) << bytes.substr(0, 200);
    EXPECT_TRUE(client.Ended()) << bytes.substr(0, 200);
  }

  Settings settings_;
  FakeArticleService articles_;
  FakeSyncService sync_;
  std::unique_ptr<grpc::Server> services_;
  std::unique_ptr<Program> gateway_;
};

TEST_F(GatewayServerTest, CountsViewsAndSaysHowMany) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const Reply first = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr(R"("id":7,"title":"","read_count":1,)"));
  EXPECT_THAT(first.headers, Contains(Pair("content-type", "application/json; charset=utf-8")));
  EXPECT_THAT(first.headers, Contains(Pair("cache-control", "no-store")));
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":2,)"));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 2u)));
}

TEST_F(GatewayServerTest, MatchesViewsToIdsWhateverComesAtOnce) {
  settings_.gateway.streams = 2;
  settings_.gateway.threads = 2;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  constexpr int kClients = 8, kRounds = 20;
  const std::vector<uint64_t> ids = {1, 2, 2000, 3, 4, 1, 3000, 5};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      Client client(address());
      for (int round = 0; round < kRounds; ++round) {
        for (const uint64_t id : ids) client.Send(Get(absl::StrCat("/api/article/", id)));
        for (const uint64_t id : ids) {
          const Reply reply = client.Read();
          ASSERT_EQ(reply.status, id < kFirstAbsent ? 200 : 404);
          if (reply.status == 200) {
            ASSERT_THAT(reply.body, HasSubstr(absl::StrCat("\"id\":", id, ",")));
          }
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  constexpr uint64_t kEach = kClients * kRounds;
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(1u, 2 * kEach), Pair(2u, kEach), Pair(3u, kEach),
                                              Pair(4u, kEach), Pair(5u, kEach)));
}

TEST_F(GatewayServerTest, ManyWaitersGetEveryCountOnce) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client first(address());
  first.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  std::deque<Client> waiting;
  for (int i = 0; i < 20; ++i) waiting.emplace_back(address()).Send(Get("/api/article/7"));
  articles_.release.Notify();
  EXPECT_THAT(first.Read().body, HasSubstr(R"("read_count":1,)"));
  std::set<std::string> bodies;
  for (Client& client : waiting) bodies.insert(client.Read().body);
  EXPECT_THAT(bodies, SizeIs(20));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 21u)));
}

TEST_F(GatewayServerTest, HeadAndPrefetchAndViewFalseDoNotCount) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send("HEAD /api/article/7 HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.headers, Contains(Pair("content-length", Not("0"))));
  EXPECT_EQ(client.Ask(Get("/api/article/7?view=false")).status, 200);
  EXPECT_EQ(client.Ask(Get("/api/article/7", "Sec-Purpose: prefetch;prerender\r\n")).status, 200);
  EXPECT_EQ(client.Ask(Get("/api/article/7", "Purpose: Prefetch\r\n")).status, 200);
  EXPECT_THAT(articles_.got(), ElementsAre(7u, 7u, 7u, 7u));
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":1,)"));
}

TEST_F(GatewayServerTest, ServesEveryRoute) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/articles?author=x")).body, HasSubstr(R"("author":"x")"));
  EXPECT_EQ(client.Ask(Get("/api/articles?page_size=101")).status, 400);
  EXPECT_THAT(client.Ask(Get("/api/sync")).body, HasSubstr(R"("phase":"idle")"));
  EXPECT_EQ(client.Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status, 401);
  EXPECT_THAT(client
                  .Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
                       "secret\r\nContent-Length: 0\r\n\r\n")
                  .body,
              HasSubstr(R"("requested_by":"gateway")"));
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
  EXPECT_EQ(client.Ask(Get("/")).status, 404);
  const Reply refused = client.Ask("DELETE /api/article/7 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_THAT(refused.headers, Contains(Pair("allow", "GET, HEAD")));
}

TEST_F(GatewayServerTest, IsReadyWhileTheArticleServiceServes) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/readyz")).body,
              HasSubstr(R"({"article_service":"serving","sync_service":"serving"})"));
  SetServing("readcount.v1.SyncService", false);
  EXPECT_EQ(client.Ask(Get("/readyz")).status, 200);
  SetServing("readcount.v1.ArticleService", false);
  const Reply unready = client.Ask(Get("/readyz"));
  EXPECT_EQ(unready.status, 503);
  EXPECT_THAT(unready.headers, Contains(Pair("retry-after", "1")));
}

TEST_F(GatewayServerTest, PipelinedRequestsAreAnsweredInOrder) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send(Get("/api/article/1") + Get("/healthz") + Get("/api/article/2"));
  EXPECT_THAT(client.Read().body, HasSubstr(R"("id":1,)"));
  EXPECT_THAT(client.Read().body, HasSubstr("alive"));
  EXPECT_THAT(client.Read().body, HasSubstr(R"("id":2,)"));
}

TEST_F(GatewayServerTest, ABodyIsReadAwayBeforeTheNextRequest) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const std::string post = "POST /api/sync HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\n";
  client.Send(absl::StrCat(post, "Content-Length: 5\r\n\r\nhello", post,
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Get("/healthz")));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(client.Read().body, HasSubstr("alive"));
}

TEST_F(GatewayServerTest, TakesARequestByteByByte) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const char byte : Get("/api/article/7")) client.Send(absl::string_view(&byte, 1));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayServerTest, TellsAClientThatAsksToSendItsBody) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send("POST /api/sync HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(client.Expect("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_EQ(client.Ask("ab").status, 401);
}

TEST_F(GatewayServerTest, AConnectionStaysUnlessTheClientClosesIt) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/healthz")).headers, Not(Contains(Pair("connection", "close"))));
  const Reply last = client.Ask(Get("/healthz", "Connection: close\r\n"));
  EXPECT_EQ(last.status, 200);
  EXPECT_THAT(last.headers, Contains(Pair("connection", "close")));
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, AnHttp10ConnectionEndsUnlessTheClientKeepsIt) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const Reply kept = client.Ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.headers, Contains(Pair("connection", "keep-alive")));
  const Reply last = client.Ask("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_THAT(last.headers, Contains(Pair("connection", "close")));
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, RefusesWhatProxiesMayReadDifferentlyAndCloses) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (const absl::string_view request : {
           "GET /healthz HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",                             // folded
           "GET /healthz HTTP/1.1\r\nHost: h\r\nA: b\r\n\tc\r\n\r\n",                            //
           "GET /healthz HTTP/1.1\nHost: h\n\n",                                                 // bare LF
           "GET /healthz HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",                                // two Hosts
           "GET /healthz HTTP/1.1\r\nA: b\r\n\r\n",                                              // no Host
           "POST /api/sync HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",  //
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",              // unknown
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",  //
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
           "0\r\n\r\n",
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
           "POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
           "GET http://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n",  // absolute form
           "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",             //
           "GET /healthz HTTP/1.1\r\nHost : h\r\n\r\n",         // space before the colon
           "GET /p?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n",          //
           "GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n",          //
           "nonsense\r\n\r\n",
       }) {
    ExpectRefused(request, 400);
  }
}

TEST_F(GatewayServerTest, ARequestAfterARefusedOneIsNotServed) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused("GET /healthz HTTP/1.1\r\n\r\n" + Get("/api/article/7"), 400);
  EXPECT_THAT(articles_.counts(), IsEmpty());
}

TEST_F(GatewayServerTest, AHeadOverTheLimitIsRefused) {
  settings_.gateway.max_header_bytes = 512;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused(Get("/healthz", absl::StrCat("A: ", std::string(600, 'a'), "\r\n")), 431);
  ExpectRefused(absl::StrCat("GET /", std::string(5000, 'a')), 431);
}

// Sizes about the limit: a head either fits or is too long, but is never taken for another fault.
TEST_F(GatewayServerTest, AHeadIsMeasuredTheSameWayAllAroundTheLimit) {
  constexpr size_t kLimit = 512;
  settings_.gateway.max_header_bytes = kLimit;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const size_t fixed = Get("/healthz", "A: \r\n").size();
  for (size_t size = kLimit - 8; size <= kLimit + 12; ++size) {
    Client client(address());
    const Reply reply =
        client.Ask(Get("/healthz", absl::StrCat("A: ", std::string(size - fixed, 'a'), "\r\n")));
    EXPECT_TRUE(reply.status == 200 || reply.status == 431) << "a head of " << size << ": " << reply.status;
    if (size <= kLimit) {
      EXPECT_EQ(reply.status, 200) << "a head of " << size;
    }
  }
}

TEST_F(GatewayServerTest, ABodyOverTheLimitIsRefused) {
  settings_.gateway.max_body_bytes = 10;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const std::string post = "POST /api/sync HTTP/1.1\r\nHost: h\r\n";
  ExpectRefused(post + "Content-Length: 11\r\n\r\n12345678901", 413);
  ExpectRefused(post + "Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n", 413);
  Client client(address());
  EXPECT_EQ(client.Ask(post + "Content-Length: 10\r\n\r\n1234567890").status, 401);
}

TEST_F(GatewayServerTest, ABadlyFramedBodyIsRefused) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused("POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
}

TEST_F(GatewayServerTest, ASlowRequestIsToldSo) {
  settings_.gateway.header_timeout = absl::Milliseconds(100);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused("GET /healthz HTTP/1.1\r\nHos", 408);
  ExpectRefused("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", 408);
}

TEST_F(GatewayServerTest, AnIdleConnectionEndsWithoutAWord) {
  settings_.gateway.idle_timeout = absl::Milliseconds(50);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  ASSERT_TRUE(client.connected());
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, AnAnswerMayTakeLongerThanARequestMay) {
  settings_.gateway.header_timeout = absl::Milliseconds(100);
  settings_.gateway.request_timeout = absl::Milliseconds(300);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kSilent);
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 504);
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayServerTest, WhileTheServicesAreAwayClientsAreToldToComeAgain) {
  ASSERT_NO_FATAL_FAILURE(StartServices());
  StopServices();
  ASSERT_NO_FATAL_FAILURE(StartGateway());
  Client client(address());
  for (const char* target :
       {"/api/article/7", "/api/article/7?view=false", "/api/articles", "/api/sync", "/readyz"}) {
    const Reply reply = client.Ask(Get(target));
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_THAT(reply.headers, Contains(Pair("retry-after", "1"))) << target;
  }
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayServerTest, AViewUnderWayWhenTheStreamBreaksFailsOnceAndIsNotSentAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kBreak);
  Client client(address());
  const Reply broken = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(broken.status, 503);
  EXPECT_THAT(broken.headers, Contains(Pair("retry-after", "1")));
  EXPECT_THAT(broken.body, HasSubstr("may have been counted"));
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,)"));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u), Pair(8u, 1u)));
}

TEST_F(GatewayServerTest, ViewsThatWaitWhenTheStreamBreaksGoOverTheNext) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHoldAndBreak);
  Client first(address());
  first.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  std::deque<Client> waiting;
  for (int i = 0; i < 10; ++i) waiting.emplace_back(address()).Send(Get("/api/article/8"));
  articles_.release.Notify();
  EXPECT_EQ(first.Read().status, 503);
  for (Client& client : waiting) EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u), Pair(8u, 10u)));
}

TEST_F(GatewayServerTest, AReplyShortOfItsBatchIsAnErrorAndTheNextWorks) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kShort);
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 500);
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,"title":"","read_count":1,)"));
}

TEST_F(GatewayServerTest, AnAnswerThatNeverComesTimesOutAndTheNextWorks) {
  settings_.gateway.request_timeout = absl::Milliseconds(200);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kSilent);
  Client client(address());
  const Reply late = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr("may have been counted"));
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,)"));
}

TEST_F(GatewayServerTest, AClientThatLeavesDoesNotDisturbTheOthers) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  {
    Client gone(address());
    gone.Send(Get("/api/article/7"));
    articles_.held.WaitForNotification();
  }
  articles_.release.Notify();
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":2,)"));
}

TEST_F(GatewayServerTest, DrainLetsTheRequestUnderWayFinish) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client idle(address());
  ASSERT_EQ(idle.Ask(Get("/healthz")).status, 200);
  Client busy(address());
  busy.Send(Get("/api/article/7") + Get("/api/article/8"));
  articles_.held.WaitForNotification();
  std::thread drain([this] { gateway_->Drain(absl::Seconds(20)); });
  EXPECT_TRUE(idle.Ended());  // and so the drain has begun
  articles_.release.Notify();
  const Reply reply = busy.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(busy.Ended());
  drain.join();
  EXPECT_FALSE(Client(address()).connected());
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayServerTest, DrainCutsWhatOutlastsItsGrace) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  gateway_->Drain(absl::Milliseconds(10));
  EXPECT_TRUE(busy.Ended());
  articles_.release.Notify();
}

TEST_F(GatewayServerTest, CanEndWithAViewUnderWay) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  gateway_.reset();
  EXPECT_TRUE(busy.Ended());
}

TEST_F(GatewayServerTest, AnAddressThatIsTakenIsNamed) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  settings_.gateway.listen = address();
  const absl::StatusOr<std::unique_ptr<Program>> second = GatewayServer::Start(settings_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("gateway.listen"));
}

}  // namespace
}  // namespace readcount::gateway
