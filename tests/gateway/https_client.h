#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// A client of HTTPS with one connection, which trusts one authority.
class HttpsClient {
 public:
  using ErrorCode = boost::system::error_code;

  HttpsClient(const Address& address, const std::string& authority, int most_version = TLS1_3_VERSION)
      : endpoint_(boost::asio::ip::make_address(address.host), address.port) {
    context_.add_certificate_authority(boost::asio::buffer(authority));
    context_.set_verify_mode(boost::asio::ssl::verify_peer);
    SSL_CTX_set_max_proto_version(context_.native_handle(), most_version);
  }

  // Connects and greets; an error if the certificate is not of the authority and of localhost.
  ErrorCode Connect() {
    ErrorCode error;
    stream_.emplace(io_, context_);
    stream_->set_verify_callback(boost::asio::ssl::host_name_verification("localhost"));
    stream_->lowest_layer().connect(endpoint_, error);
    if (!error) stream_->handshake(boost::asio::ssl::stream_base::client, error);
    return error;
  }

  void Send(absl::string_view bytes) {
    boost::asio::write(*stream_, boost::asio::buffer(bytes.data(), bytes.size()), error_);
  }

  // The next reply; status 0 if the connection ended before it was whole.
  boost::beast::http::response<boost::beast::http::string_body> Read() {
    boost::beast::http::response<boost::beast::http::string_body> reply;
    reply.result(0);
    boost::beast::http::read(*stream_, buffer_, reply, error_);
    return reply;
  }
  auto Ask(absl::string_view bytes) {
    Send(bytes);
    return Read();
  }

  // What comes next, as it comes.
  std::string ReadSome() {
    std::string text(4096, '\0');
    text.resize(stream_->read_some(boost::asio::buffer(text), error_));
    return text;
  }

  void Disconnect() { stream_->lowest_layer().close(); }

  // How the last operation ended; eof is an end that the server has told.
  const ErrorCode& error() const { return error_; }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_client};
  // Made when all is set: it takes the context as that is then.
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket>> stream_;
  boost::beast::flat_buffer buffer_;
  ErrorCode error_;
};

}  // namespace readcount::gateway
