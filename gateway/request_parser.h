#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "gateway/request_head.h"

namespace readcount::gateway {

// Where a request stands after some of its bytes have been read.
enum class ParseState {
  kNeedMore,
  kHeadDone,  // line and fields are in the RequestHead; a body follows
  kDone,
  kMalformed,
  kHeadTooLarge,
  kBodyTooLarge,
};

// Parses one request as its bytes come. The body is counted and dropped: no route takes one. Not thread-safe.
class RequestParser {
 public:
  struct Limits {
    size_t head_bytes = 0;  // line and fields; also one chunk's header or trailers
    size_t body_bytes = 0;
  };

  // Writes into `head`, which must outlive the parser.
  RequestParser(Limits limits, RequestHead& head);

  // Reads from the front of `input` and sets `used` to how much of it is done with; what is left has to come
  // again with more behind it. To be called again after kHeadDone; anything but that and kNeedMore is final.
  ParseState Put(absl::string_view input, size_t& used);

  // Whether the client leaves the connection open for a further request. Only after kHeadDone or kDone.
  bool KeepsAlive() const { return parser_.keep_alive(); }

 private:
  // Takes from Beast what it has found.
  class Parser final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Parser(RequestHead& head) : head_(head) {}

   private:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb method, Text, Text target, int version, Error&) override;
    void on_response_impl(int, Text, int, Error&) override {}
    void on_field_impl(boost::beast::http::field, Text name, Text value, Error&) override;
    void on_header_impl(Error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    size_t on_body_impl(Text body, Error&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
    size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override { return body.size(); }
    void on_finish_impl(Error&) override {}

    RequestHead& head_;
  };

  ParseState After(const boost::beast::error_code& error, size_t left) const;

  const Limits limits_;
  RequestHead& head_;
  Parser parser_;
  size_t head_bytes_ = 0;
};

}  // namespace readcount::gateway
