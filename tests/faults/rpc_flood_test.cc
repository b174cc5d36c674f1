#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/e2e/stack.h"
#include "tests/support/http2.h"
#include "tests/support/sanitized.h"

namespace readcount::testing {
namespace {

using http2::Client;
using http2::Frame;
using http2::Type;

constexpr char kGetArticle[] = "/readcount.v1.ArticleService/GetArticle";
constexpr char kListArticles[] = "/readcount.v1.ArticleService/ListArticles";
constexpr char kFirstArticle[] = "\x08\x01";  // id = 1

// Clients that break the rules of HTTP/2, or keep to them in bad faith, against the real article-service.
class Fault23 : public ::testing::Test {
 protected:
  // After every test: the process is the same, took no more memory than its limit, and serves others.
  ~Fault23() override {
    EXPECT_TRUE(Answers()) << service_.log();
    EXPECT_LT(PeakMemoryKb(), most_memory_kb_);
    stub_.reset();
    EXPECT_EQ(service_.Stop(), 0);
  }

  bool Answers() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context.set_wait_for_ready(true);
    v1::GetArticleRequest request;
    request.set_id(1);
    v1::GetArticleResponse response;
    const grpc::Status status = stub_->GetArticle(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return status.ok();
  }

  int64_t PeakMemoryKb() const {
    std::ifstream file("/proc/" + std::to_string(service_.pid()) + "/status");
    std::string word;
    while (file >> word && word != "VmHWM:") {
    }
    int64_t kilobytes = 0;
    EXPECT_TRUE(file >> kilobytes);
    return kilobytes;
  }

  static std::map<std::string, std::string> Variables() {
    ResetServers();
    return Stack::ServerVariables();
  }

  int64_t most_memory_kb_ = (kSanitized ? 1200 : 300) << 10;
  ProgramProcess service_{"article-service", Variables()};
  std::unique_ptr<v1::ArticleService::Stub> stub_ = v1::ArticleService::NewStub(
      grpc::CreateChannel(service_.address(), grpc::InsecureChannelCredentials()));
};

TEST_F(Fault23, AWellFormedRawCallIsAnswered) {
  Client client(service_.address());
  ASSERT_TRUE(client.Write(http2::Call(1, kGetArticle, kFirstArticle)));
  EXPECT_TRUE(client.Await(Type::kData).has_value());
}

TEST_F(Fault23, AnOversizeMessageIsRefusedByItsCode) {
  grpc::ClientContext context;
  v1::BatchGetArticlesRequest request;
  for (uint64_t i = 0; i < 500'000; ++i) request.add_ids(UINT64_MAX - i);
  v1::BatchGetArticlesResponse response;
  EXPECT_EQ(stub_->BatchGetArticles(&context, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Fault23, AMessageThatUnpacksToTooMuchIsRefusedByItsCode) {
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::ListArticlesRequest request;
  request.set_author(std::string(64 << 20, 'a'));
  v1::ListArticlesResponse response;
  EXPECT_EQ(stub_->ListArticles(&context, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

size_t Times(absl::string_view word, absl::string_view text) {
  return std::vector<absl::string_view>(absl::StrSplit(text, word)).size() - 1;
}

TEST_F(Fault23, AFloodOfTextThatIsNoUtf8DoesNotFillTheLog) {
  Client client(service_.address());
  for (uint32_t call = 0; call < 50; ++call) {
    ASSERT_TRUE(client.Write(http2::Call(2 * call + 1, kListArticles, "\x12\x02\xff\xfe")));  // page_token
    ASSERT_TRUE(client.Await(Type::kHeaders).has_value());
  }
  const std::string log = service_.log();
  EXPECT_EQ(Times("UTF-8", log), 1u) << log;
  EXPECT_EQ(Times(" warning article-service protobuf_message text=\"String field", log), 1u) << log;
}

TEST_F(Fault23, OversizeMetadataEndTheCallOrTheConnection) {
  Client client(service_.address());
  ASSERT_TRUE(client.Await(Type::kSettings).has_value());
  client.Write({.type = Type::kSettings, .flags = http2::kAck});
  client.Write(http2::Call(1, kGetArticle, kFirstArticle, {{"x", std::string(15'000, 'x')}}));
  EXPECT_FALSE(client.Await(Type::kData).has_value());
}

TEST_F(Fault23, BadBinaryMetadataEndTheCallOrTheConnection) {
  Client client(service_.address());
  client.Write(http2::Call(1, kGetArticle, kFirstArticle, {{"x-bin", "!!!"}}));
  EXPECT_FALSE(client.Await(Type::kData).has_value());
}

// gRPC frees a call that was taken back when it comes to it, and reads on meanwhile: all of them may wait.
TEST_F(Fault23, RapidResetsLeaveOthersServed) {
  constexpr int kConnections = 4;
  constexpr int kCalls = 10'000;
  constexpr int64_t kCallKb = 16;
  most_memory_kb_ += kConnections * kCalls * kCallKb;
  const std::string reset = http2::Number(http2::kCancel);
  for (int connection = 0; connection < kConnections; ++connection) {
    Client client(service_.address());
    bool open = true;
    for (uint32_t stream = 1; open && stream < 2 * kCalls; stream += 2) {
      open = client.Write(http2::Call(stream, kGetArticle, kFirstArticle) +
                          http2::Bytes({.type = Type::kReset, .stream = stream, .payload = reset}));
    }
    EXPECT_TRUE(Answers());
  }
}

TEST_F(Fault23, MoreStreamsThanAllowedCloseTheConnection) {
  Client client(service_.address());
  ASSERT_TRUE(client.Await(Type::kSettings).has_value());
  client.Write({.type = Type::kSettings, .flags = http2::kAck});
  const std::string block =
      http2::HeaderBlock(http2::CallHeaders("/readcount.v1.ArticleService/ViewArticles"));
  for (uint32_t i = 0; i < 1100; ++i) {
    client.Write(
        {.type = Type::kHeaders, .flags = http2::kEndHeaders, .stream = 2 * i + 1, .payload = block});
  }
  EXPECT_TRUE(client.ClosedByServer());
}

TEST_F(Fault23, APingFloodClosesTheConnection) {
  Client client(service_.address());
  for (int i = 0; i < 1000 && client.Write({.type = Type::kPing, .payload = "12345678"}); ++i) {
  }
  EXPECT_TRUE(client.ClosedByServer());
}

TEST_F(Fault23, ASettingsFloodTakesNoMemory) {
  Client client(service_.address());
  const Frame settings{.type = Type::kSettings, .payload = http2::Setting(http2::kMaxConcurrentStreams, 7)};
  for (int i = 0; i < 100'000 && client.Write(settings); ++i) {
    // Its answers are not read for long stretches.
    if (i % 10'000 == 0) client.Await(Type::kSettings);
  }
  EXPECT_TRUE(Answers());
}

TEST_F(Fault23, AContinuationFloodTakesNoMemory) {
  Client client(service_.address());
  client.Write(
      {.type = Type::kHeaders, .stream = 1, .payload = http2::HeaderBlock(http2::CallHeaders(kGetArticle))});
  const Frame more{.type = Type::kContinuation,
                   .stream = 1,
                   .payload = http2::HeaderBlock({{"x", std::string(4000, 'x')}})};
  constexpr int kFrames = 50'000;
  for (int i = 0; i < kFrames && client.Write(more); ++i) {
  }
  EXPECT_TRUE(Answers());
}

}  // namespace
}  // namespace readcount::testing
