#include "gateway/request_check.h"

#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

RequestHead Good() {
  return {.version = 11, .hosts = {"h"}, .transfer_encodings = {}, .target = "/"};
}

void ExpectRefused(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_FALSE(status.message().empty());
}

TEST(CheckHeadTest, TakesAnOrdinaryHead) {
  EXPECT_TRUE(CheckHead(Good()).ok());
}

TEST(CheckHeadTest, AsksForExactlyOneHost) {
  RequestHead head = Good();
  head.hosts = {};
  ExpectRefused(CheckHead(head));
  head.hosts = {"h", "h"};
  ExpectRefused(CheckHead(head));
  head.hosts = {""};
  EXPECT_TRUE(CheckHead(head).ok());
}

TEST(CheckHeadTest, AnHttp10RequestMayLackAHostButNotHaveTwo) {
  RequestHead head = Good();
  head.version = 10;
  head.hosts = {};
  EXPECT_TRUE(CheckHead(head).ok());
  head.hosts = {"h", "i"};
  ExpectRefused(CheckHead(head));
}

TEST(CheckHeadTest, TheHostIsANameOrAddressWithOrWithoutAPort) {
  RequestHead head = Good();
  for (const char* host :
       {"example.com", "a_b-c.d:8080", "127.0.0.1:80", "[::1]", "[::1]:80", "[fe80::1%251]", "h:"}) {
    head.hosts = {host};
    EXPECT_TRUE(CheckHead(head).ok()) << host;
  }
  for (const char* host : {"a b", "a,b", "a/b", "u@h", "h:x", "h:1:2", "::1", "[::1", "[::1]x", "[::1]x:1",
                           "h?", "http://h", "h\t", "\xC3\xA4"}) {
    head.hosts = {host};
    ExpectRefused(CheckHead(head));
  }
}

TEST(CheckHeadTest, TakesOneContentLengthOfDigits) {
  RequestHead head = Good();
  head.content_lengths = {"5"};
  EXPECT_TRUE(CheckHead(head).ok());
  for (const char* length : {"+5", "5, 5", "0x5"}) {
    head.content_lengths = {length};
    ExpectRefused(CheckHead(head));
  }
  head.content_lengths = {"5", "5"};
  ExpectRefused(CheckHead(head));
}

TEST(CheckHeadTest, TakesNoTransferEncodingButChunked) {
  RequestHead head = Good();
  for (const char* coding : {"chunked", "Chunked", "CHUNKED"}) {
    head.transfer_encodings = {coding};
    EXPECT_TRUE(CheckHead(head).ok()) << coding;
  }
  for (const char* coding : {"", "gzip", "identity", "gzip, chunked", "chunked, chunked", "xchunked"}) {
    head.transfer_encodings = {coding};
    ExpectRefused(CheckHead(head));
  }
  head.transfer_encodings = {"chunked", "chunked"};
  ExpectRefused(CheckHead(head));
  head.transfer_encodings = {"gzip", "chunked"};
  ExpectRefused(CheckHead(head));
}

TEST(CheckHeadTest, AnHttp10RequestHasNoTransferEncoding) {
  RequestHead head = Good();
  head.version = 10;
  head.transfer_encodings = {"chunked"};
  ExpectRefused(CheckHead(head));
}

TEST(CheckHeadTest, TheTargetIsAPath) {
  RequestHead head = Good();
  for (const char* target : {"", "*", "http://h/", "h:80", "x"}) {
    head.target = target;
    ExpectRefused(CheckHead(head));
  }
}

TEST(CheckRawHeadTest, TakesWholeAndPartialHeads) {
  for (const char* raw :
       {"", "GET / HT", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA:  b"}) {
    EXPECT_TRUE(CheckRawHead(raw).ok()) << raw;
  }
}

TEST(CheckRawHeadTest, RefusesFoldedLines) {
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\r\nHost: h\r\n more"));
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\r\nHost: h\r\n\tmore"));
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\r\n Host: h"));
}

TEST(CheckRawHeadTest, RefusesLinesThatEndInABareLineFeed) {
  ExpectRefused(CheckRawHead("\n"));
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\nHost: h"));
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\r\nA: b\nHost: h\r\n"));
  ExpectRefused(CheckRawHead("GET / HTTP/1.1\r\n\n"));
}

}  // namespace
}  // namespace readcount::gateway
