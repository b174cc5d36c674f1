#include "cli/http/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace readcount::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr uint64_t kMostBytes = 64 << 20;  // of a response

}  // namespace

struct HttpClient::Impl {
  // Starts an operation and waits for its end, which the stream's timeout bounds.
  template <typename Start>
  error_code Await(Start start) {
    error_code outcome;
    start([&outcome](const error_code& error, auto&&...) { outcome = error; });
    io.restart();
    io.run();
    return outcome;
  }

  absl::Status Connect() {
    if (stream.has_value()) return absl::OkStatus();
    const size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    error_code error;
    asio::ip::tcp::resolver resolver(io);
    const auto places =
        resolver.resolve(host, colon == std::string::npos ? "80" : address.substr(colon + 1), error);
    if (!error) {
      stream.emplace(io);
      stream->expires_after(absl::ToChronoNanoseconds(timeout));
      error = Await([&](auto handler) { stream->async_connect(places, std::move(handler)); });
    }
    if (!error) return absl::OkStatus();
    stream.reset();
    return absl::UnavailableError(absl::StrCat(address, ": ", error.message()));
  }

  absl::StatusOr<HttpResponse> Exchange(const std::string& target) {
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, address);
    request.set(http::field::user_agent, "readcount/" READCOUNT_VERSION);
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBytes);
    stream->expires_after(absl::ToChronoNanoseconds(timeout));
    error_code error = Await([&](auto handler) { http::async_write(*stream, request, std::move(handler)); });
    if (!error)
      error = Await([&](auto handler) { http::async_read(*stream, buffer, parser, std::move(handler)); });
    if (error) {
      Close();
      return absl::UnknownError(absl::StrCat(address, ": ", error.message(), Hint(error)));
    }
    answered = true;
    if (!parser.get().keep_alive()) Close();
    return HttpResponse{.status = static_cast<int>(parser.get().result_int()),
                        .body = std::move(parser.get().body())};
  }

  // A server that wants TLS takes the connection, and answers a request in clear by an alert or not at all.
  std::string Hint(const error_code& error) const {
    const bool no_http = error.category() == make_error_code(http::error::end_of_stream).category();
    return no_http && !answered ? ", instead of an HTTP answer: does it speak TLS?" : "";
  }

  void Close() {
    stream.reset();
    buffer.clear();
  }

  std::string address;
  absl::Duration timeout;
  asio::io_context io{1};
  std::optional<beast::tcp_stream> stream;  // none: not connected
  beast::flat_buffer buffer;
  bool answered = false;  // in HTTP, ever
};

HttpClient::HttpClient(std::string address, absl::Duration timeout)
    : impl_(new Impl{.address = std::move(address), .timeout = timeout}) {}
HttpClient::~HttpClient() = default;

absl::Status HttpClient::Connect() {
  return impl_->Connect();
}

absl::StatusOr<HttpResponse> HttpClient::Get(const std::string& target) {
  if (absl::Status status = impl_->Connect(); !status.ok()) return status;
  return impl_->Exchange(target);
}

}  // namespace readcount::cli
