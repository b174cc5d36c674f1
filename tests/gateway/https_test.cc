#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/gateway/https_client.h"
#include "tests/support/await.h"
#include "tests/support/certificates.h"
#include "tests/support/stderr_log.h"
#include "tests/support/temp_dir.h"

namespace readcount::gateway {
namespace {

using testing::Await;
using testing::CertificateAuthority;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpsTest : public GatewayServerTest {
 protected:
  HttpsTest() {
    authority_.Issue().Write(dir_.path("own"));
    settings_.gateway.tls = {.certificate = dir_.path("own.pem"), .key = dir_.path("own.key"), .ca = ""};
  }

  const testing::TempDir dir_;
  const CertificateAuthority authority_;
};

TEST_F(HttpsTest, ServesAsPlainHttpDoes) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient client(address(), authority_.certificate());
  ASSERT_FALSE(client.Connect());
  for (uint64_t count = 1; count <= 3; ++count) {
    const auto reply = client.Ask(Get("/api/article/7"));
    EXPECT_EQ(reply.result_int(), 200u);
    EXPECT_THAT(reply.body(), HasSubstr("\"read_count\":" + std::to_string(count)));
  }
  client.Send(Get("/healthz") + Get("/api/article/7"));  // pipelined
  EXPECT_THAT(client.Read().body(), HasSubstr("alive"));
  EXPECT_THAT(client.Read().body(), HasSubstr("\"read_count\":4"));
}

TEST_F(HttpsTest, ABodyOfManyRecordsComesWhole) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient client(address(), authority_.certificate());
  ASSERT_FALSE(client.Connect());
  const auto reply = client.Ask(Get("/openapi.json"));
  EXPECT_EQ(reply.result_int(), 200u);
  EXPECT_GT(reply.body().size(), size_t{65536});
  EXPECT_TRUE(absl::EndsWith(reply.body(), "}\n"));
}

TEST_F(HttpsTest, TheEndIsTold) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient client(address(), authority_.certificate());
  ASSERT_FALSE(client.Connect());
  EXPECT_EQ(client.Ask(Get("/healthz", "Connection: close\r\n")).result_int(), 200u);
  EXPECT_EQ(client.ReadSome(), "");
  EXPECT_EQ(client.error(), boost::asio::error::eof);
}

TEST_F(HttpsTest, ARefusedRequestIsReadToTheEndAndToldWhy) {
  settings_.gateway.max_body_bytes = 10;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient client(address(), authority_.certificate());
  ASSERT_FALSE(client.Connect());
  const std::string body(100'000, 'a');
  client.Send("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + body);
  EXPECT_EQ(client.Read().result_int(), 413u);
}

TEST_F(HttpsTest, EventsComeAndAClientThatLeavesIsNoticed) {
  settings_.gateway.max_event_streams_per_client = 1;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const auto begin = [&](HttpsClient& client) {
    EXPECT_FALSE(client.Connect());
    client.Send(Get("/api/article/7/events"));
    std::string text;
    while (!absl::StrContains(text, "\r\n\r\n") && !client.error()) text += client.ReadSome();
    while (absl::StartsWith(text, "HTTP/1.1 200") && !absl::StrContains(text, "data: ") && !client.error())
      text += client.ReadSome();
    return text;
  };
  HttpsClient first(address(), authority_.certificate());
  const std::string text = begin(first);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(text, HasSubstr(R"(data: {"id":7,"read_count":0})"));
  first.Disconnect();
  EXPECT_TRUE(Await([&] {
    HttpsClient second(address(), authority_.certificate());
    return absl::StartsWith(begin(second), "HTTP/1.1 200 OK");
  }));
}

TEST_F(HttpsTest, WhatChangesSomethingAsksForATokenThatMayChange) {
  const std::string file = dir_.path("tokens");
  testing::ReplaceFile(file, "first-token-0123456789\n");
  settings_.auth.tokens_file = file;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient client(address(), authority_.certificate());
  ASSERT_FALSE(client.Connect());
  const auto post = [&](const std::string& header) {
    return client.Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\n" + header + "\r\n");
  };
  const auto refused = post("");
  EXPECT_EQ(refused.result_int(), 401u);
  EXPECT_EQ(refused["WWW-Authenticate"], "Bearer");
  EXPECT_EQ(post("Authorization: Bearer second-token-0123456789\r\n").result_int(), 401u);
  EXPECT_EQ(post("Authorization: Bearer first-token-0123456789\r\n").result_int(), 200u);
  EXPECT_EQ(post("Authorization: Bearer secret\r\n").result_int(), 200u) << "gateway.admin_token";
  testing::ReplaceFile(file, "second-token-0123456789\n");
  EXPECT_TRUE(
      Await([&] { return post("Authorization: Bearer second-token-0123456789\r\n").result_int() == 200u; }));
  EXPECT_EQ(post("Authorization: Bearer first-token-0123456789\r\n").result_int(), 401u);
}

TEST_F(HttpsTest, PlainHttpIsNotUnderstood) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  EXPECT_EQ(Client(address()).Ask(Get("/healthz")).status, 0);
}

TEST_F(HttpsTest, OlderVersionsAreNotSpoken) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient old(address(), authority_.certificate(), TLS1_1_VERSION);
  EXPECT_TRUE(old.Connect());
  HttpsClient young(address(), authority_.certificate(), TLS1_2_VERSION);
  EXPECT_FALSE(young.Connect());
}

TEST_F(HttpsTest, AClientThatDoesNotGreetIsCut) {
  settings_.gateway.header_timeout = absl::Milliseconds(150);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client silent(address());
  EXPECT_TRUE(silent.Ended());
}

TEST_F(HttpsTest, ARenewedCertificateIsShownToNewConnectionsAndOldOnesGoOn) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  HttpsClient before(address(), authority_.certificate());
  ASSERT_FALSE(before.Connect());
  const CertificateAuthority other("another authority");
  other.Issue().Write(dir_.path("own"));
  EXPECT_TRUE(Await([&] { return !HttpsClient(address(), other.certificate()).Connect(); }));
  EXPECT_TRUE(HttpsClient(address(), authority_.certificate()).Connect());
  EXPECT_EQ(before.Ask(Get("/healthz")).result_int(), 200u);
}

TEST_F(HttpsTest, ARenewalThatCannotBeUsedLeavesTheCertificateOfBefore) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const testing::StderrLog log;
  authority_.IssueExpired().Write(dir_.path("own"));
  EXPECT_TRUE(Await([&log] { return absl::StrContains(log.text(), "certificates_unusable"); }));
  EXPECT_THAT(log.text(), HasSubstr("has expired"));
  EXPECT_FALSE(HttpsClient(address(), authority_.certificate()).Connect());
}

TEST_F(HttpsTest, WhatCannotBeUsedStopsTheStart) {
  authority_.IssueExpired().Write(dir_.path("own"));
  EXPECT_THAT(std::string(GatewayServer::Start(settings_).status().message()),
              HasSubstr("gateway.tls_certificate: " + dir_.path("own.pem") +
                        " holds a certificate that has expired"));
  settings_.gateway.tls = {};
  settings_.gateway.services_tls.ca = dir_.path("nowhere");
  EXPECT_THAT(std::string(GatewayServer::Start(settings_).status().message()),
              HasSubstr("gateway.services_ca: " + dir_.path("nowhere") + " cannot be read"));
  settings_.gateway.services_tls = {};
  settings_.gateway.trusted_proxies = "proxy.example.org";
  EXPECT_THAT(std::string(GatewayServer::Start(settings_).status().message()),
              HasSubstr("gateway.trusted_proxies: 'proxy.example.org' is no address or network"));
  settings_.gateway.trusted_proxies = "";
  settings_.auth.tokens_file = dir_.path("nowhere");
  EXPECT_THAT(std::string(GatewayServer::Start(settings_).status().message()),
              HasSubstr("auth.tokens_file: " + dir_.path("nowhere") + ": cannot be read"));
}

}  // namespace
}  // namespace readcount::gateway
