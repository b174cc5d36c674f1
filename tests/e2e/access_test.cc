// Who may do what, with which credentials, over which connections: the real programs and servers.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/e2e/access_fixture.h"
#include "tests/support/await.h"
#include "tests/support/http_client.h"
#include "tests/support/metrics.h"

namespace readcount::testing {

AccessTest::Outcomes AccessTest::CallAll(const std::shared_ptr<grpc::Channel>& channel,
                                         const std::string& token) {
  Outcomes outcomes;
  const google::protobuf::ServiceDescriptor* service =
      v1::RunSyncRequest::descriptor()->file()->FindServiceByName("SyncService");
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string& method = service->method(i)->name();
    grpc::ClientContext context;
    Show(token, context);
    if (service->method(i)->server_streaming()) {
      v1::WatchStatusResponse status;
      const auto reader = v1::SyncService::NewStub(channel)->WatchStatus(&context, {});
      const bool told = reader->Read(&status);
      if (told) context.TryCancel();
      const grpc::Status end = reader->Finish();
      outcomes[method] = told ? grpc::Status::OK : end;
      continue;
    }
    const grpc::Slice empty;  // an empty message is a request of any method
    const grpc::ByteBuffer request(&empty, 1);
    grpc::ByteBuffer response;
    absl::Notification answered;
    grpc::GenericStub(channel).UnaryCall(&context, absl::StrCat("/", service->full_name(), "/", method), {},
                                         &request, &response, [&](const grpc::Status& status) {
                                           outcomes[method] = status;
                                           answered.Notify();
                                         });
    answered.WaitForNotification();
  }
  return outcomes;
}

namespace {

using grpc::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::set<std::string> kReads = {"Audit", "GetStatus", "ListDeadLetters", "ListSyncRuns", "WatchStatus"};

enum class Doors { kOpen, kShut };

// What became of the calls at the door; whatever it came to behind it is another matter.
void Expect(const std::map<std::string, grpc::Status>& outcomes, Doors reads, Doors changes) {
  EXPECT_GE(outcomes.size(), 8u);
  for (const auto& [method, status] : outcomes) {
    const Doors expected = kReads.contains(method) ? reads : changes;
    EXPECT_NE(status.error_code(), StatusCode::UNAVAILABLE) << method << ": " << status.error_message();
    EXPECT_EQ(status.error_code() == StatusCode::UNAUTHENTICATED, expected == Doors::kShut)
        << method << ": " << status.error_message();
  }
}

// An IPv4 address of this machine that is not loopback; empty if it has none.
std::string OwnAddress() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return "";
  std::string found;
  for (const ifaddrs* each = list; each != nullptr && found.empty(); each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const uint32_t host = ntohl(reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr.s_addr);
    if (host >> 24 != IN_LOOPBACKNET)
      found = absl::StrCat(host >> 24, ".", host >> 16 & 255, ".", host >> 8 & 255, ".", host & 255);
  }
  freeifaddrs(list);
  return found;
}

TEST_F(AccessTest, WithoutCredentialsLoopbackIsOpen) {
  StartSync();
  Expect(CallAll(Open({})), Doors::kOpen, Doors::kOpen);
  EXPECT_TRUE(RunSync(Open({})).ok());
}

TEST_F(AccessTest, TokensOpenWhatChangesSomethingOverPlaintextAndTls) {
  variables_["READCOUNT_AUTH_TOKENS"] = absl::StrCat(kToken, ",", kOther);
  for (const bool tls : {false, true}) {
    if (tls) UseTls();
    StartSync();
    const auto channel = Open({.tls = tls});
    Expect(CallAll(channel), Doors::kOpen, Doors::kShut);
    Expect(CallAll(channel, "wrong"), Doors::kOpen, Doors::kShut);
    Expect(CallAll(channel, kToken), Doors::kOpen, Doors::kOpen);
    Expect(CallAll(channel, kOther), Doors::kOpen, Doors::kOpen);
    EXPECT_TRUE(RunSync(channel, kToken).ok());
    const Scrape scrape = ScrapeMetrics(sync_->metrics_address());
    EXPECT_EQ(scrape.Value(R"(readcount_auth_refused_total{reason="missing"})"), 3);
    EXPECT_EQ(scrape.Value(R"(readcount_auth_refused_total{reason="wrong"})"), 3);
    EXPECT_THAT(sync_->log(),
                AllOf(HasSubstr("call_refused"), Not(HasSubstr(kToken)), Not(HasSubstr(kOther))));
  }
}

TEST_F(AccessTest, ARefusalTellsWhatToDo) {
  variables_["READCOUNT_AUTH_TOKENS"] = kToken;
  StartSync();
  EXPECT_THAT(RunSync(Open({})).error_message(), HasSubstr("authorization: Bearer <token>"));
  EXPECT_THAT(RunSync(Open({}), "wrong").error_message(), HasSubstr("auth.tokens"));
}

TEST_F(AccessTest, WhoMayReadIsASetting) {
  const std::string own = OwnAddress();
  if (own.empty()) GTEST_SKIP() << "this machine has no address but loopback";
  variables_["READCOUNT_AUTH_TOKENS"] = kToken;
  const std::tuple<const char*, Doors, Doors> cases[] = {{"loopback", Doors::kOpen, Doors::kShut},
                                                         {"everyone", Doors::kOpen, Doors::kOpen},
                                                         {"credentials", Doors::kShut, Doors::kShut}};
  for (const auto& [reads, near, far] : cases) {
    variables_["READCOUNT_AUTH_READS"] = reads;
    sync_ = std::make_unique<ProgramProcess>("sync-service", variables_, "0.0.0.0:0");
    const std::string port = sync_->address().substr(sync_->address().rfind(':'));
    Expect(CallAll(Open({}, "127.0.0.1" + port)), near, Doors::kShut);
    Expect(CallAll(Open({}, own + port)), far, Doors::kShut);
    Expect(CallAll(Open({}, own + port), kToken), Doors::kOpen, Doors::kOpen);
    EXPECT_THAT(sync_->log(), HasSubstr("no_tls")) << "an address that others reach, in plaintext";
  }
}

TEST_F(AccessTest, AClientCertificateIsACredential) {
  UseTls();
  variables_["READCOUNT_AUTH_READS"] = "credentials";
  StartSync();
  Expect(CallAll(Open({.tls = true, .certificate = "client"})), Doors::kOpen, Doors::kOpen);
  Expect(CallAll(Open({.tls = true})), Doors::kShut, Doors::kShut);
  for (const char* certificate : {"stranger", "expired"}) {
    EXPECT_EQ(RunSync(Open({.tls = true, .certificate = certificate})).error_code(), StatusCode::UNAVAILABLE)
        << certificate;
  }
  EXPECT_EQ(RunSync(Open({.tls = false})).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(AccessTest, TheTimerGoesOnBehindLockedDoors) {
  ResetServers();
  SharedRedis().SetFields("article_sys:read_count:hash", {{"1", "7"}});
  variables_["READCOUNT_AUTH_TOKENS"] = kToken;
  variables_["READCOUNT_AUTH_READS"] = "credentials";
  variables_["READCOUNT_SYNC_INTERVAL"] = "50ms";
  StartSync();
  EXPECT_TRUE(
      Await([] { return SharedMariadb().Number("SELECT read_count FROM articles WHERE id = 1") == 7; }));
}

TEST_F(AccessTest, AnAddressThatOthersReachIsRefusedWithoutCredentials) {
  const std::string file = Path("app.yaml");
  std::ofstream(file) << "log:\n  level: info\nsync:\n  listen: 0.0.0.0:0\n  interval: off\n";
  const auto [status, output] = RunToEnd("sync-service", {"--config", file});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, AllOf(HasSubstr(file + ":4: sync.listen: 0.0.0.0:0 can be reached from other machines"),
                            HasSubstr("set auth.tokens or auth.tokens_file")));
}

TEST_F(AccessTest, CertificatesThatCannotBeUsedStopTheServices) {
  for (const char* program : {"article-service", "sync-service"}) {
    const std::string section = absl::StartsWith(program, "article") ? "article" : "sync",
                      file = Path("app.yaml");
    const auto run_with = [&](const std::string& certificate, const std::string& key) {
      std::ofstream(file) << section << ":\n  listen: 127.0.0.1:0\n  tls_certificate: " << Path(certificate)
                          << "\n  tls_key: " << Path(key) << "\n";
      const auto [status, output] = RunToEnd(program, {"--config", file});
      EXPECT_EQ(status, 2);
      return output;
    };
    EXPECT_THAT(run_with("expired.pem", "expired.key"),
                HasSubstr(absl::StrCat(file, ":3: ", section, ".tls_certificate: ", Path("expired.pem"),
                                       " holds a certificate that has expired")));
    EXPECT_THAT(run_with("server.pem", "client.key"),
                HasSubstr(absl::StrCat(file, ":4: ", section, ".tls_key: ", Path("client.key"),
                                       " is not the key of the first certificate")));
    EXPECT_THAT(run_with("nowhere.pem", "client.key"), HasSubstr("nowhere.pem cannot be read"));
  }
}

TEST_F(AccessTest, TokensAndCertificatesAreReadAgainWithoutARestart) {
  UseTls();
  ReplaceFile(Path("tokens"), absl::StrCat("# old\n", kToken, "\n"));
  variables_["READCOUNT_AUTH_TOKENS_FILE"] = Path("tokens");
  StartSync();
  EXPECT_TRUE(RunSync(Open({.tls = true}), kToken).ok());
  EXPECT_FALSE(RunSync(Open({.tls = true}), kOther).ok());
  ReplaceFile(Path("tokens"), absl::StrCat(kOther, "\n"));
  EXPECT_TRUE(Await([&] { return RunSync(Open({.tls = true}), kOther).ok(); }));
  EXPECT_EQ(RunSync(Open({.tls = true}), kToken).error_code(), StatusCode::UNAUTHENTICATED);

  const auto long_lived = Open({.tls = true});
  EXPECT_TRUE(RunSync(long_lived, kOther).ok());
  stranger_.Issue().Write(Path("server"));
  EXPECT_TRUE(Await([&] {
    return RunSync(Open({.tls = true}), kOther).error_code() == StatusCode::UNAVAILABLE;
  })) << "new connections see the new certificate";
  EXPECT_TRUE(RunSync(long_lived, kOther).ok());
  authority_.Issue().Write(Path("server"));
  EXPECT_TRUE(Await([&] { return RunSync(Open({.tls = true}), kOther).ok(); }));
  EXPECT_TRUE(Await([&] { return absl::StrContains(sync_->log(), "certificates_read"); }));
}

class GatewayAccessTest : public AccessTest {
 protected:
  GatewayAccessTest() {
    ResetServers();
    UseTls("SYNC");
    UseTls("ARTICLE");
    variables_["READCOUNT_AUTH_READS"] = "credentials";
    variables_["READCOUNT_GATEWAY_SERVICES_CA"] = Path("ca.pem");
  }

  void StartAll() {
    article_ = std::make_unique<ProgramProcess>("article-service", variables_);
    StartSync();
    StartGateway();
  }
  void StartGateway() {
    variables_["READCOUNT_GATEWAY_ARTICLE_SERVICE"] = article_->address();
    variables_["READCOUNT_GATEWAY_SYNC_SERVICE"] = sync_->address();
    gateway_ = std::make_unique<ProgramProcess>("gateway", variables_);
  }
  HttpReply Ask(const std::string& method, const std::string& target, const std::string& token = "") {
    HttpClient client(gateway_->address());
    std::map<std::string, std::string> headers;
    if (!token.empty()) headers["Authorization"] = "Bearer " + token;
    return client.Send(method, target, headers).value_or(HttpReply());
  }
  int AwaitStatus(int wanted, const std::string& method, const std::string& target,
                  const std::string& token) {
    int status = 0;
    static_cast<void>(Await([&] { return (status = Ask(method, target, token).status) == wanted; }));
    return status;
  }

  std::unique_ptr<ProgramProcess> article_, gateway_;
};

TEST_F(GatewayAccessTest, TheGatewayShowsItsTokenAndAsksForOne) {
  variables_["READCOUNT_AUTH_TOKENS"] = absl::StrCat(kToken, ",", kOther);
  variables_["READCOUNT_GATEWAY_ADMIN_TOKEN"] = "admin-token";
  StartAll();
  EXPECT_EQ(AwaitStatus(200, "GET", "/api/article/1", ""), 200);
  EXPECT_EQ(AwaitStatus(200, "GET", "/api/sync", ""), 200);
  EXPECT_EQ(Ask("GET", "/api/sync/audit").status, 200);
  for (const char* token : {kToken, kOther, "admin-token"})
    EXPECT_EQ(Ask("POST", "/api/sync", token).status, 200) << token;
  for (const char* token : {"", "wrong"}) {
    const HttpReply refused = Ask("POST", "/api/sync", token);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.headers.at("WWW-Authenticate"), "Bearer");
    EXPECT_THAT(refused.body,
                AllOf(HasSubstr("auth.tokens"), Not(HasSubstr(kToken)), Not(HasSubstr("admin-token"))));
  }
  const Scrape scrape = ScrapeMetrics(gateway_->metrics_address());
  EXPECT_EQ(scrape.Value(R"(readcount_auth_refused_total{reason="missing"})"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_auth_refused_total{reason="wrong"})"), 1);
}

TEST_F(GatewayAccessTest, TheGatewaysCertificateIsEnough) {
  variables_["READCOUNT_GATEWAY_SERVICES_CERTIFICATE"] = Path("client.pem");
  variables_["READCOUNT_GATEWAY_SERVICES_KEY"] = Path("client.key");
  variables_["READCOUNT_GATEWAY_ADMIN_TOKEN"] = "admin-token";
  StartAll();
  EXPECT_EQ(AwaitStatus(200, "POST", "/api/sync", "admin-token"), 200);
  EXPECT_EQ(Ask("GET", "/api/sync").status, 200);
}

TEST_F(GatewayAccessTest, WithoutCredentialsOfItsOwnTheGatewaySaysSoAndDoesNotBlameTheClient) {
  variables_["READCOUNT_GATEWAY_ADMIN_TOKEN"] = "admin-token";
  StartAll();
  EXPECT_TRUE(Await([&] {
    return absl::StrContains(Ask("POST", "/api/sync", "admin-token").body,
                             "does not take the gateway's credentials");
  }));
  EXPECT_EQ(Ask("POST", "/api/sync", "admin-token").status, 503);
  EXPECT_THAT(gateway_->log(), AllOf(HasSubstr("service_error"), HasSubstr("UNAUTHENTICATED")));
}

TEST_F(GatewayAccessTest, AServiceWithAnotherCertificateIsNotBelieved) {
  variables_["READCOUNT_AUTH_TOKENS"] = kToken;
  authority_.Issue({.alternative_names = "DNS:elsewhere.example.org"}).Write(Path("server"));
  StartAll();
  EXPECT_EQ(AwaitStatus(503, "GET", "/api/article/1", ""), 503);
  EXPECT_EQ(AwaitStatus(503, "GET", "/api/sync", ""), 503);
  EXPECT_TRUE(Await([&] {
    Ask("GET", "/api/sync");
    return absl::StrContains(gateway_->log(), "the certificate of the service");
  })) << gateway_->log();
  EXPECT_EQ(SharedMariadb().Number("SELECT SUM(read_count) FROM articles"), 0u);
}

TEST_F(GatewayAccessTest, SecretsAreNotShown) {
  variables_["READCOUNT_AUTH_TOKENS"] = kToken;
  variables_["READCOUNT_GATEWAY_ADMIN_TOKEN"] = kOther;
  variables_["READCOUNT_LOG_LEVEL"] = "debug";
  StartAll();
  EXPECT_EQ(AwaitStatus(200, "POST", "/api/sync", kToken), 200);
  EXPECT_EQ(Ask("POST", "/api/sync", "wrong").status, 401);
  for (ProgramProcess* program : {article_.get(), sync_.get(), gateway_.get()}) {
    const std::string shown = program->log() + ReadFile(absl::StrCat("/proc/", program->pid(), "/cmdline"));
    EXPECT_THAT(shown, AllOf(Not(HasSubstr(kToken)), Not(HasSubstr(kOther)), Not(HasSubstr("Bearer "))));
  }
  for (const char* key : {"auth.tokens", "gateway.admin_token", "mysql.dsn", "redis.dsn"}) {
    const std::vector<std::string> get = {"--config", READCOUNT_SOURCE_DIR "/app.yaml", "--get", key};
    EXPECT_EQ(RunToEnd("gateway", get).second, "(not shown: add --secrets)\n");
    std::vector<std::string> secrets = get;
    secrets.emplace_back("--secrets");
    EXPECT_THAT(RunToEnd("gateway", secrets).second, Not(HasSubstr("not shown")));
  }
}

TEST_F(AccessTest, MysqlIsReachedOverTls) {
  MariadbServer server(
      {"--ssl-ca=" + Path("ca.pem"), "--ssl-cert=" + Path("server.pem"), "--ssl-key=" + Path("server.key")});
  const auto open = [&](const std::string& parameters) {
    MysqlSettings settings = server.settings();
    absl::StatusOr<Dsn> dsn = ParseMysqlDsn(server.url() + parameters);
    EXPECT_TRUE(dsn.ok()) << dsn.status();
    settings.dsn = *std::move(dsn);
    return mysql::Connection::Open(settings);
  };
  auto secure = open("&ssl_ca=" + Path("ca.pem"));
  ASSERT_TRUE(secure.ok()) << secure.status();
  const auto cipher = (*secure)->Execute("SHOW STATUS LIKE 'Ssl_cipher'");
  ASSERT_TRUE(cipher.ok()) << cipher.status();
  EXPECT_NE(cipher->rows.at(0).at(1), "");
  EXPECT_TRUE(
      open("&ssl_ca=" + Path("ca.pem") + "&ssl_cert=" + Path("client.pem") + "&ssl_key=" + Path("client.key"))
          .ok());
  EXPECT_TRUE(open("&ssl_verify=no").ok());
  ReplaceFile(Path("stranger_ca.pem"), stranger_.certificate());
  const absl::Status foreign = open("&ssl_ca=" + Path("stranger_ca.pem")).status();
  EXPECT_EQ(foreign.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(foreign.message()), AllOf(HasSubstr("certificate"), HasSubstr("check mysql.dsn")));
}

TEST_F(AccessTest, AMysqlWithoutTlsIsNotUsedWhereTlsIsAskedFor) {
  MariadbServer server({"--skip-ssl"});
  MysqlSettings settings = server.settings();
  settings.dsn = *ParseMysqlDsn(server.url() + "&ssl_ca=" + Path("ca.pem"));
  EXPECT_FALSE(mysql::Connection::Open(settings).ok());
}

TEST_F(AccessTest, RedisOverTlsIsRefusedWithTheTunnel) {
  variables_["READCOUNT_REDIS_DSN"] = "rediss://:hunter2@127.0.0.1:6379/0";
  const auto [status, output] = RunToEnd("sync-service", {"--config", READCOUNT_SOURCE_DIR "/app.yaml"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, AllOf(HasSubstr("READCOUNT_REDIS_DSN: redis.dsn"), HasSubstr("tunnel"),
                            Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace readcount::testing
