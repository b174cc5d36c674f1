#include "tests/support/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

namespace readcount::testing {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

}  // namespace

std::optional<uint64_t> HttpReply::Number(const std::string& key) const {
  const std::string label = "\"" + key + "\":";
  const size_t at = body.find(label);
  if (at == std::string::npos) return std::nullopt;
  uint64_t number = 0;
  const char* begin = body.data() + at + label.size();
  if (std::from_chars(begin, body.data() + body.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

struct HttpClient::Impl {
  boost::asio::io_context io;
  tcp::endpoint endpoint;
  std::optional<tcp::socket> socket;
  boost::beast::flat_buffer buffer;

  bool Connect() {
    if (socket.has_value()) return true;
    error_code error;
    buffer.clear();
    socket.emplace(io);
    socket->connect(endpoint, error);
    if (!error) socket->set_option(tcp::no_delay(true), error);
    if (error) socket.reset();
    return !error;
  }
};

HttpClient::HttpClient(const std::string& address) : impl_(std::make_unique<Impl>()) {
  const size_t colon = address.rfind(':');
  impl_->endpoint = tcp::endpoint(boost::asio::ip::make_address(address.substr(0, colon)),
                                  static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
}

HttpClient::~HttpClient() = default;

bool HttpClient::Connect() {
  return impl_->Connect();
}

std::optional<HttpReply> HttpClient::Send(const std::string& method, const std::string& target,
                                          const std::map<std::string, std::string>& headers,
                                          const std::string& body) {
  if (!Connect()) return std::nullopt;
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, "test");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  error_code error;
  http::write(*impl_->socket, request, error);
  http::response_parser<http::string_body> parser;
  parser.skip(method == "HEAD");
  if (!error) http::read(*impl_->socket, impl_->buffer, parser, error);
  if (error) {
    impl_->socket.reset();
    return std::nullopt;
  }
  HttpReply reply{
      .status = static_cast<int>(parser.get().result_int()), .headers = {}, .body = parser.get().body()};
  for (const auto& field : parser.get())
    reply.headers[std::string(field.name_string())] = std::string(field.value());
  if (!parser.keep_alive()) impl_->socket.reset();
  return reply;
}

}  // namespace readcount::testing
