#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "absl/synchronization/mutex.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/rpc/view_outcome.h"
#include "tests/cli/terminal.h"

// What the tool says to services, against a small server that notes it.
namespace readcount::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Keeps what it was asked, and answers with what does not depend on it.
class NotingService final : public v1::SyncService::Service {
 public:
  grpc::Status Audit(grpc::ServerContext* context, const v1::AuditRequest*,
                     v1::AuditResponse* response) override {
    const auto sent = context->client_metadata().find("authorization");
    const std::string token =
        sent == context->client_metadata().end() ? "" : std::string(sent->second.data(), sent->second.size());
    if (token != "Bearer sesame") return {grpc::StatusCode::UNAUTHENTICATED, "no such token"};
    response->set_difference(0);
    return grpc::Status::OK;
  }

  grpc::Status RunSync(grpc::ServerContext*, const v1::RunSyncRequest* request,
                       v1::RunSyncResponse*) override {
    Note(*request);
    return {grpc::StatusCode::UNAVAILABLE, "MySQL is away"};
  }

  grpc::Status ListDeadLetters(grpc::ServerContext*, const v1::ListDeadLettersRequest* request,
                               v1::ListDeadLettersResponse* response) override {
    Note(*request);
    v1::DeadLetter& letter = *response->add_dead_letters();
    letter.set_id(request->page_token().empty() ? 7 : 8);
    letter.set_field("not\x1b[31m an id");
    letter.set_value("12");
    letter.set_views(12);
    letter.set_reason(v1::DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID);
    letter.set_life("00000000000000ab");
    letter.set_epoch(3);
    if (request->page_token().empty()) response->set_next_page_token("more");
    return grpc::Status::OK;
  }

  grpc::Status RetryDeadLetters(grpc::ServerContext*, const v1::RetryDeadLettersRequest* request,
                                v1::RetryDeadLettersResponse* response) override {
    Note(*request);
    if (IsLost(request->selection())) return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
    response->set_added(2);
    response->set_views(1200);
    response->set_kept(request->selection().all() ? 1 : 0);
    return grpc::Status::OK;
  }

  grpc::Status DropDeadLetters(grpc::ServerContext*, const v1::DropDeadLettersRequest* request,
                               v1::DropDeadLettersResponse* response) override {
    Note(*request);
    if (IsLost(request->selection())) return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
    response->set_dropped(2);
    response->set_views(15);
    return grpc::Status::OK;
  }

  // What it was asked since the last call, each in one line.
  std::vector<std::string> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(requests_, {});
  }

 private:
  // A selection of letter 8 alone, whose answer is lost.
  static bool IsLost(const v1::DeadLetterSelection& selection) {
    return selection.ids_size() == 1 && selection.ids(0) == 8;
  }

  void Note(const google::protobuf::Message& request) {
    absl::MutexLock lock(&mutex_);
    requests_.push_back(request.ShortDebugString());
  }

  absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
};

// Ends the view of each article in a way of its own.
class FailingArticles final : public v1::ArticleService::Service {
 public:
  grpc::Status ViewArticle(grpc::ServerContext* context, const v1::ViewArticleRequest* request,
                           v1::ViewArticleResponse*) override {
    NoteToken(*context);
    switch (request->id()) {
      case 1:
        return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
      case 2:
        return {grpc::StatusCode::INTERNAL, "RST_STREAM"};
      case 3:
        return grpc::Status::CANCELLED;
      case 4:
        return {grpc::StatusCode::UNAVAILABLE, std::string(kNothingCounted) + ": MySQL is away"};
      default:
        return {grpc::StatusCode::NOT_FOUND, "no such article"};
    }
  }

  // Ends streams at their first message, as told.
  grpc::Status ViewArticles(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ViewArticlesResponse, v1::ViewArticlesRequest>* stream) override {
    NoteToken(*context);
    v1::ViewArticlesRequest request;
    stream->Read(&request);
    if (says_not_recorded) context->AddTrailingMetadata(kUnansweredMetadata, kNotRecorded);
    return {stream_code, "the stream is over"};
  }

  std::atomic<grpc::StatusCode> stream_code = grpc::StatusCode::UNAVAILABLE;
  std::atomic<bool> says_not_recorded = false;
  std::atomic<int> calls = 0, calls_with_token = 0;

 private:
  void NoteToken(const grpc::ServerContext& context) {
    ++calls;
    if (context.client_metadata().contains("authorization")) ++calls_with_token;
  }
};

class CliServicesTest : public ::testing::Test {
 protected:
  explicit CliServicesTest(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials()) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port);
    builder.RegisterService(&service_);
    builder.RegisterService(&articles_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
    variables_ = {{"READCOUNT_GATEWAY_SYNC_SERVICE", address_},
                  {"READCOUNT_GATEWAY_ARTICLE_SERVICE", address_},
                  {"USER", "ann"}};
  }

  NotingService service_;
  FailingArticles articles_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  Variables variables_;
};

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

using CliDeadLettersTest = CliServicesTest;

TEST_F(CliDeadLettersTest, ListsThem) {
  const ToolResult page = RunTool({"dead-letters", "list", "--reason", "not_an_article_id"}, variables_);
  EXPECT_EQ(page.status, 0) << page.err;
  EXPECT_THAT(page.out, HasSubstr("not an article id  not [31m an id  12        12  00000000000000ab/3"));
  EXPECT_THAT(page.err, HasSubstr("--page-token more"));
  EXPECT_THAT(service_.Take(), ElementsAre("reason: DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID"));
  const ToolResult all = RunTool({"dead-letters", "list", "--all", "--page-size", "1", "--json"}, variables_);
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.out,
              HasSubstr(R"({"dead_letters":[{"id":7,"field":"not\u001B[31m an id","value":"12","views":12,)"
                        R"("reason":"not_an_article_id","created_at":null,)"));
  EXPECT_THAT(all.out, HasSubstr("\n{\"dead_letters\":[{\"id\":8,"));
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1", "page_size: 1 page_token: \"more\""));
}

TEST_F(CliDeadLettersTest, RetriesThoseThatAreNamed) {
  const ToolResult some = RunTool({"dead-letters", "retry", "7", "8"}, variables_);
  EXPECT_EQ(some.status, 0) << some.err;
  EXPECT_EQ(some.out, "2 letters added to articles, with 1,200 views\n");
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1000", "page_size: 1000 page_token: \"more\"",
                                           "selection { ids: 7 ids: 8 } requested_by: \"ann\""));
  const ToolResult kept = RunTool({"dead-letters", "retry", "--all", "--json"}, variables_);
  EXPECT_EQ(kept.status, 1);
  EXPECT_EQ(kept.out, "{\"added\":2,\"views\":1200,\"kept\":1}\n");
  EXPECT_THAT(kept.err, HasSubstr("1 letter could not be added and must stay"));
  EXPECT_THAT(service_.Take(), ElementsAre("selection { all: true } requested_by: \"ann\""));
}

TEST_F(CliDeadLettersTest, ANameThatIsNotUtf8IsRefusedOrMended) {
  const ToolResult refused = RunTool({"dead-letters", "retry", "7", "--requested-by", "\xff"}, variables_);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("is not UTF-8"));
  EXPECT_EQ(RunTool({"list", "--author", "\xff"}, variables_).status, 2);
  EXPECT_THAT(service_.Take(), IsEmpty());
  variables_["USER"] = "J\xf6rg";
  EXPECT_EQ(RunTool({"dead-letters", "retry", "7"}, variables_).status, 0);
  EXPECT_THAT(service_.Take().back(), HasSubstr("requested_by: \"J\\357\\277\\275rg\""));
}

TEST_F(CliDeadLettersTest, WithoutUserInTheEnvironmentWhoRunsItAsks) {
  variables_["USER"] = "";
  const std::string by = "requested_by: \"" + std::string(getpwuid(geteuid())->pw_name) + "\"";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"dead-letters", "retry", "--all"}, {"sync", "run"}}) {
    RunTool(command, variables_);
    EXPECT_THAT(service_.Take(), ElementsAre(HasSubstr(by)));
  }
}

TEST_F(CliDeadLettersTest, LettersThatAreNotThereAreAFailure) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"dead-letters", "retry", "999"},
        {"dead-letters", "drop", "999"},
        {"dead-letters", "drop", "999", "--yes", "--json"},
        {"dead-letters", "drop", "999", "--reason", "overflow", "--yes"}}) {
    const ToolResult none = RunTool(command, variables_);
    EXPECT_EQ(none.status, 1);
    EXPECT_THAT(none.out, IsEmpty());
    EXPECT_THAT(none.err, HasSubstr("there is no dead letter 999"));
  }
  EXPECT_THAT(service_.Take(), Each(HasSubstr("page_size")));
  const ToolResult some =
      RunTool({"dead-letters", "drop", "999", "7", "1000", "--yes", "--json"}, variables_);
  EXPECT_EQ(some.status, 1);
  EXPECT_THAT(some.out, StartsWith("{\"dropped\":2,"));
  EXPECT_THAT(some.err, HasSubstr("there are no dead letters 999, 1000: "));
  EXPECT_EQ(service_.Take().back(), "selection { ids: 7 } requested_by: \"ann\"");
}

TEST_F(CliDeadLettersTest, DropsNothingWithoutConsent) {
  const ToolResult refused = RunTool({"dead-letters", "drop", "7"}, variables_);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("confirm by --yes"));
  EXPECT_EQ(RunTool({"dead-letters", "drop", "--yes"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "retry"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "drop", "7", "--all", "--yes"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "drop", "--reason", "boredom", "--yes"}, variables_).status, 2);
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1000"));
  const ToolResult dropped = RunTool({"dead-letters", "drop", "--reason", "overflow", "--yes"}, variables_);
  EXPECT_EQ(dropped.status, 0);
  EXPECT_EQ(dropped.out, "2 letters given up, with 15 views\n");
  EXPECT_THAT(service_.Take(),
              ElementsAre("selection { reason: DEAD_LETTER_REASON_OVERFLOW } requested_by: \"ann\""));
}

TEST_F(CliDeadLettersTest, AsksOnATerminalBeforeItDrops) {
  TerminalTool no({"dead-letters", "drop", "7", "8"}, variables_);
  no.AwaitScreen("Give up 2 dead letters? Their views will never reach an article. [y/N] ");
  no.Type("\n");
  EXPECT_EQ(no.Wait(), 1);
  EXPECT_THAT(no.screen(), HasSubstr("nothing was dropped"));
  EXPECT_THAT(service_.Take(), Each(HasSubstr("page_size")));
  TerminalTool yes({"dead-letters", "drop", "7", "8"}, variables_);
  yes.AwaitScreen("[y/N] ");
  yes.Type("y\n");
  EXPECT_EQ(yes.Wait(), 0) << yes.screen();
  EXPECT_EQ(service_.Take().back(), "selection { ids: 7 ids: 8 } requested_by: \"ann\"");
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
