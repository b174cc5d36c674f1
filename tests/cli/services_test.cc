#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/cli/noting_services.h"
#include "tests/cli/terminal.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using CliOutcomeTest = CliServicesTest;

TEST_F(CliOutcomeTest, OnlyWhatWasCertainlyNotCountedIsAFailureLikeAnother) {
  for (const char* id : {"1", "2", "3"}) {
    const ToolResult lost = RunTool({"view", id}, variables_);
    EXPECT_EQ(lost.status, 5) << id << lost.err;
    EXPECT_THAT(lost.err, HasSubstr("the view may have been counted, once")) << id;
  }
  EXPECT_EQ(RunTool({"view", "4"}, variables_).status, 3);
  EXPECT_EQ(RunTool({"view", "9"}, variables_).status, 1);
}

TEST_F(CliOutcomeTest, WhatIsNotKnownWinsOverWhatIsCertain) {
  const ToolResult mixed = RunTool({"view", "9", "1", "4"}, variables_);
  EXPECT_EQ(mixed.status, 5);
  for (const char* words : {"article 9: ", "article 1: ", "article 4: "})
    EXPECT_THAT(mixed.err, HasSubstr(words));
}

TEST_F(CliOutcomeTest, LoadCallsNothingUnknownThatIsCertain) {
  const auto load = [&] {
    return RunTool({"load", "--duration", "150ms", "--batch", "1", "--json"}, variables_).out;
  };
  EXPECT_THAT(load(), HasSubstr(R"("final":true)"));
  EXPECT_THAT(load(), HasSubstr(R"("refused":0,"unknown":)"));
  articles_.says_not_recorded = true;
  EXPECT_THAT(load(), HasSubstr(R"("unknown":0,)"));
  articles_.says_not_recorded = false;
  for (const grpc::StatusCode code : {grpc::StatusCode::UNAUTHENTICATED, grpc::StatusCode::RESOURCE_EXHAUSTED,
                                      grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::INVALID_ARGUMENT}) {
    articles_.stream_code = code;
    const std::string refused = load();
    EXPECT_THAT(refused, HasSubstr(R"("unknown":0,)")) << code;
    EXPECT_THAT(refused, Not(HasSubstr(R"("refused":0,)"))) << code;
  }
}

TEST_F(CliOutcomeTest, ALostRetryOrDropMayBeRepeated) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"dead-letters", "retry", "8"}, {"dead-letters", "drop", "8", "--yes"}}) {
    const ToolResult lost = RunTool(command, variables_);
    EXPECT_EQ(lost.status, 5);
    EXPECT_THAT(lost.err, HasSubstr("repeating it is harmless"));
  }
}

using CliCredentialsTest = CliServicesTest;

TEST_F(CliCredentialsTest, TheTokenComesFromAFileOrTheEnvironment) {
  const ToolResult without = RunTool({"audit"}, variables_);
  EXPECT_EQ(without.status, 4);
  EXPECT_THAT(without.err, HasSubstr("no such token: give a token by --token-file or READCOUNT_TOKEN"));
  variables_["READCOUNT_TOKEN"] = "wrong";
  const ToolResult wrong = RunTool({"audit"}, variables_);
  EXPECT_EQ(wrong.status, 4);
  EXPECT_THAT(wrong.err, HasSubstr("check the token"));
  TempDir dir;
  std::ofstream(dir.path("token")) << "sesame\n";
  EXPECT_EQ(RunTool({"audit", "--token-file", dir.path("token")}, variables_).status, 0);
  variables_["READCOUNT_TOKEN"] = "sesame";
  EXPECT_EQ(RunTool({"audit"}, variables_).status, 0);
}

TEST_F(CliCredentialsTest, TheArticleServiceIsShownNoToken) {
  variables_["READCOUNT_TOKEN"] = "sesame";
  for (const std::vector<std::string>& command : {std::vector<std::string>{"view", "9"},
                                                  {"load", "--duration", "150ms"},
                                                  {"load", "--duration", "150ms", "--unary"}}) {
    articles_.calls = 0;
    RunTool(command, variables_);
    EXPECT_GT(articles_.calls, 0) << command.back();
  }
  EXPECT_EQ(articles_.calls_with_token, 0);
}

TEST_F(CliCredentialsTest, FilesThatCannotBeUsedAreNamed) {
  const ToolResult missing = RunTool({"audit", "--token-file", "/nowhere"}, variables_);
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("--token-file: /nowhere cannot be read"));
  for (const char* option : {"--token-file", "--tls-ca"}) {
    const ToolResult folder = RunTool({"audit", option, "/tmp"}, variables_);
    EXPECT_EQ(folder.status, 2) << option;
    EXPECT_THAT(folder.err, HasSubstr(": /tmp is a directory, not a file"));
  }
  EXPECT_EQ(RunTool({"audit", "--tls-cert", "/etc/hostname"}, variables_).status, 2);
  variables_["READCOUNT_TOKEN"] = "two words";
  EXPECT_EQ(RunTool({"audit"}, variables_).status, 2);
}

// A server certificate for 127.0.0.1 that signs itself, and a client's.
struct Certificates {
  Certificates() {
    for (const char* who : {"server", "client"}) {
      const std::string base = dir.path(who);
      EXPECT_EQ(ChildProcess(
                    {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-days", "2", "-subj", "/CN=readcount", "-addext",
                     "subjectAltName=IP:127.0.0.1", "-keyout", base + ".key", "-out", base + ".pem"},
                    dir.path("log"))
                    .Wait(),
                0)
          << ReadFile(dir.path("log"));
    }
  }

  // For a server that asks clients for their certificate.
  std::shared_ptr<grpc::ServerCredentials> OfServer() const {
    grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_key_cert_pairs.push_back(
        {ReadFile(dir.path("server.key")), ReadFile(dir.path("server.pem"))});
    options.pem_root_certs = ReadFile(dir.path("client.pem"));
    return grpc::SslServerCredentials(options);
  }

  TempDir dir;
};

class CliTlsTest : protected Certificates, public CliServicesTest {
 protected:
  CliTlsTest() : CliServicesTest(OfServer()) { variables_["READCOUNT_TOKEN"] = "sesame"; }
};

TEST_F(CliTlsTest, BothSidesShowCertificates) {
  const ToolResult both = RunTool({"audit", "--tls-ca", dir.path("server.pem"), "--tls-cert",
                                   dir.path("client.pem"), "--tls-key", dir.path("client.key")},
                                  variables_);
  EXPECT_EQ(both.status, 0) << both.err;
  const ToolResult stranger = RunTool({"audit", "--tls-ca", dir.path("client.pem"), "--tls-cert",
                                       dir.path("client.pem"), "--tls-key", dir.path("client.key")},
                                      variables_);
  EXPECT_EQ(stranger.status, 3);
  EXPECT_THAT(stranger.err, HasSubstr("does it speak TLS, with a certificate that --tls-ca covers?"));
  EXPECT_EQ(RunTool({"audit", "--tls-ca", dir.path("server.pem")}, variables_).status, 3);
  EXPECT_EQ(RunTool({"audit"}, variables_).status, 3);
}

}  // namespace
}  // namespace readcount::testing
