// What proxies and servers are known to read differently, so that a second request can hide in the first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/gateway/gateway_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::IsEmpty;

constexpr absl::string_view kPost = "POST /api/sync HTTP/1.1\r\nHost: h\r\n";
constexpr absl::string_view kChunked = "Transfer-Encoding: chunked\r\n";
constexpr absl::string_view kHidden = "GET /api/article/7 HTTP/1.1\r\nHost: h\r\n\r\n";

struct Case {
  const char* name;
  std::string bytes;  // the hidden request follows them
};

std::string Post(absl::string_view fields, absl::string_view body = "") {
  return absl::StrCat(kPost, fields, "\r\n", body);
}

std::string WithLine(absl::string_view line) {
  return absl::StrCat("GET /healthz HTTP/1.1\r\nHost: h\r\n", line, "\r\n\r\n");
}

std::string ChunkedPost(absl::string_view body) {
  return Post(kChunked, body);
}

std::vector<Case> LengthCases() {
  return {
      {"length and chunks", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunks and length", Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {"zero length and chunks", Post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"two lengths that differ", Post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello")},
      {"two lengths alike", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"a list of lengths that differ", Post("Content-Length: 5, 0\r\n", "hello")},
      {"a list of lengths alike", Post("Content-Length: 5, 5\r\n", "hello")},
      {"a signed length", Post("Content-Length: +5\r\n", "hello")},
      {"a negative length", Post("Content-Length: -1\r\n")},
      {"a hexadecimal length", Post("Content-Length: 0x5\r\n", "hello")},
      {"a length with an exponent", Post("Content-Length: 5e0\r\n", "hello")},
      {"a length in parts", Post("Content-Length: 5 5\r\n", "hello")},
      {"a quoted length", Post("Content-Length: \"5\"\r\n", "hello")},
      {"an empty length", Post("Content-Length:\r\n")},
      {"a length past 64 bits", Post("Content-Length: 18446744073709551621\r\n", "hello")},
      {"a length after a vertical tab", Post("Content-Length: \v5\r\n", "hello")},
  };
}

std::vector<Case> EncodingCases() {
  const absl::string_view end = "0\r\n\r\n";
  return {
      {"an unknown coding", Post("Transfer-Encoding: gzip\r\n")},
      {"the identity coding", Post("Transfer-Encoding: identity\r\n")},
      {"a coding before chunks", Post("Transfer-Encoding: gzip, chunked\r\n", end)},
      {"a coding after chunks", Post("Transfer-Encoding: chunked, gzip\r\n", end)},
      {"chunks twice", Post("Transfer-Encoding: chunked, chunked\r\n", end)},
      {"chunks on two lines", Post(absl::StrCat(kChunked, kChunked), end)},
      {"a coding on each line", Post(absl::StrCat("Transfer-Encoding: gzip\r\n", kChunked), end)},
      {"chunks with a parameter", Post("Transfer-Encoding: chunked;q=1\r\n", end)},
      {"quoted chunks", Post("Transfer-Encoding: \"chunked\"\r\n", end)},
      {"nearly chunks", Post("Transfer-Encoding: xchunked\r\n", end)},
      {"chunks after a vertical tab", Post("Transfer-Encoding: \vchunked\r\n", end)},
      {"chunks before a form feed", Post("Transfer-Encoding: chunked\f\r\n", end)},
      {"an empty coding", Post("Transfer-Encoding:\r\n")},
      {"chunks after an empty member", Post("Transfer-Encoding: , chunked\r\n", end)},
      {"chunks in HTTP/1.0", absl::StrCat("POST /api/sync HTTP/1.0\r\nHost: h\r\n", kChunked, "\r\n", end)},
      {"a space before the colon", Post("Transfer-Encoding : chunked\r\n", end)},
      {"a folded coding", Post("Transfer-Encoding:\r\n chunked\r\n", end)},
  };
}

std::vector<Case> ChunkCases() {
  return {
      {"a trailer", ChunkedPost("0\r\nA: b\r\n\r\n")},
      {"a trailer that would authorize", ChunkedPost("0\r\nAuthorization: Bearer secret\r\n\r\n")},
      {"a chunk that is not hexadecimal", ChunkedPost("zz\r\n")},
      {"an empty chunk size", ChunkedPost("\r\n0\r\n\r\n")},
      {"a signed chunk size", ChunkedPost("+1\r\na\r\n0\r\n\r\n")},
      {"a negative chunk size", ChunkedPost("-1\r\na\r\n0\r\n\r\n")},
      {"a chunk size with 0x", ChunkedPost("0x1\r\na\r\n0\r\n\r\n")},
      {"a chunk size past 64 bits", ChunkedPost("10000000000000001\r\na\r\n0\r\n\r\n")},
      {"a space before the chunk size", ChunkedPost(" 1\r\na\r\n0\r\n\r\n")},
      {"a chunk longer than its size", ChunkedPost("1\r\nab\r\n0\r\n\r\n")},
      {"a chunk that ends in a bare line feed", ChunkedPost("1\r\na\n0\r\n\r\n")},
      {"a size line that ends in a bare line feed", ChunkedPost("1\na\r\n0\r\n\r\n")},
      {"a bare line feed in an extension", ChunkedPost("1;a\nb\r\na\r\n0\r\n\r\n")},
      {"a bare carriage return in an extension", ChunkedPost("1;a\rb\r\na\r\n0\r\n\r\n")},
      {"a last chunk without its empty line", ChunkedPost("0\r\n")},
      {"an extension without end", ChunkedPost(absl::StrCat("1;a=", std::string(20000, 'a')))},
      {"trailers without end",
       ChunkedPost(absl::StrCat("0\r\nA: ", std::string(30000, 'a'), "\r\nB: ", std::string(30000, 'b')))},
  };
}

std::vector<Case> LineCases() {
  return {
      {"a folded line", WithLine("A: b\r\n c")},
      {"a line folded with a tab", WithLine("A: b\r\n\tc")},
      {"a fold right after the request line", "GET /healthz HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"bare line feeds", "GET /healthz HTTP/1.1\nHost: h\n\n"},
      {"one bare line feed", WithLine("A: b\nC: d")},
      {"a head that ends in a bare line feed", "GET /healthz HTTP/1.1\r\nHost: h\r\n\n"},
      {"a bare carriage return in a value", WithLine("A: b\rC: d")},
      {"a bare carriage return at the end", "GET /healthz HTTP/1.1\r\nHost: h\r\r\n\r\n"},
      {"a NUL in a value", WithLine(absl::string_view("A: b\0c", 6))},
      {"a NUL in a name", WithLine(absl::string_view("A\0B: c", 6))},
      {"a control character in a value", WithLine("A: b\x01")},
      {"a space in a name", WithLine("A B: c")},
      {"a space before the colon of a name", WithLine("A : b")},
      {"a line without a colon", WithLine("nonsense")},
      {"a line without a name", WithLine(": b")},
      {"a space before a name", "GET /healthz HTTP/1.1\r\nHost: h\r\nA: b\r\n C: d\r\n\r\n"},
      {"two Hosts", WithLine("Host: h")},
      {"two Hosts that differ", WithLine("Host: i")},
      {"no Host", "GET /healthz HTTP/1.1\r\nA: b\r\n\r\n"},
      {"a Host of two words", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"a Host of two names", "GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"a Host with a path", "GET /healthz HTTP/1.1\r\nHost: h/p\r\n\r\n"},
      {"a Host with a user", "GET /healthz HTTP/1.1\r\nHost: u@h\r\n\r\n"},
      {"a Host with a port that is none", "GET /healthz HTTP/1.1\r\nHost: h:x\r\n\r\n"},
  };
}

std::vector<Case> RequestLineCases() {
  const absl::string_view rest = "\r\nHost: h\r\n\r\n";
  return {
      {"a whole URL", absl::StrCat("GET http://h/healthz HTTP/1.1", rest)},
      {"an asterisk", absl::StrCat("OPTIONS * HTTP/1.1", rest)},
      {"an authority", absl::StrCat("CONNECT h:80 HTTP/1.1", rest)},
      {"two spaces", absl::StrCat("GET  /healthz HTTP/1.1", rest)},
      {"a tab", absl::StrCat("GET\t/healthz HTTP/1.1", rest)},
      {"a space in the target", absl::StrCat("GET /a b HTTP/1.1", rest)},
      {"a space at the end", absl::StrCat("GET /healthz HTTP/1.1 ", rest)},
      {"a space at the beginning", absl::StrCat(" GET /healthz HTTP/1.1", rest)},
      {"no version", absl::StrCat("GET /healthz", rest)},
      {"HTTP/2.0", absl::StrCat("GET /healthz HTTP/2.0", rest)},
      {"HTTP/1.2", absl::StrCat("GET /healthz HTTP/1.2", rest)},
      {"HTTP/01.1", absl::StrCat("GET /healthz HTTP/01.1", rest)},
      {"http/1.1", absl::StrCat("GET /healthz http/1.1", rest)},
      {"HTTP/1.1 and more", absl::StrCat("GET /healthz HTTP/1.1x", rest)},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"two empty lines before", absl::StrCat("\r\n\r\nGET /healthz HTTP/1.1", rest)},
      {"a NUL in the target", absl::StrCat("GET /", absl::string_view("\0", 1), " HTTP/1.1", rest)},
      {"a bad escape", absl::StrCat("GET /p?a=%zz HTTP/1.1", rest)},
      {"nonsense", "nonsense\r\n\r\n"},
  };
}

class Fault25 : public GatewayServerTest {
 protected:
  // Whichever way the bytes before it are read, the hidden request is answered by nobody.
  void ExpectAllRefused(const std::vector<Case>& cases) {
    ASSERT_NO_FATAL_FAILURE(StartAll());
    for (const Case& each : cases) {
      SCOPED_TRACE(each.name);
      ExpectRefused(absl::StrCat(each.bytes, kHidden), 400);
    }
    EXPECT_THAT(articles_.counts(), IsEmpty());
    EXPECT_THAT(articles_.got(), IsEmpty());
    EXPECT_EQ(sync_.calls(), 0);
  }
};

TEST_F(Fault25, ALengthThatCanBeReadInTwoWaysIsRefused) {
  ExpectAllRefused(LengthCases());
}

TEST_F(Fault25, ATransferEncodingThatCanBeReadInTwoWaysIsRefused) {
  ExpectAllRefused(EncodingCases());
}

TEST_F(Fault25, ChunksThatCanBeReadInTwoWaysAreRefused) {
  ExpectAllRefused(ChunkCases());
}

TEST_F(Fault25, HeaderLinesThatCanBeReadInTwoWaysAreRefused) {
  ExpectAllRefused(LineCases());
}

TEST_F(Fault25, ARequestLineThatCanBeReadInTwoWaysIsRefused) {
  ExpectAllRefused(RequestLineCases());
}

}  // namespace
}  // namespace readcount::gateway
