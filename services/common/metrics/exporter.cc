#include "services/common/metrics/exporter.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"
#include "services/common/metrics/exposition.h"
#include "services/common/rpc/acceptor.h"
#include "services/common/rpc/listen_socket.h"

namespace readcount {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr char kPath[] = "/metrics";
constexpr size_t kMaxConnections = 16;
constexpr uint32_t kMaxHeaderBytes = 8192;
// For a newcomer's first request to come: whoever only connects must not keep a scraper out for long.
constexpr std::chrono::seconds kFirstPatience(5);
// For the next one, or for a response to be taken; a scraper that comes less often connects again.
constexpr std::chrono::seconds kPatience(30);

using Response = http::response<http::string_body>;

Response Answer(const http::request<http::empty_body>& request, bool keep_alive,
                const std::vector<const MetricSource*>& sources) {
  Response response(http::status::ok, request.version());
  const auto method = request.method();
  if (method != http::verb::get && method != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "metrics are read by GET\n";
  } else if (request.target().substr(0, request.target().find('?')) != kPath) {
    response.result(http::status::not_found);
    response.body() = absl::StrCat("metrics are at ", kPath, "\n");
  } else {
    response.body() = RenderMetrics(sources);
  }
  const bool found = response.result() == http::status::ok;
  response.set(http::field::content_type, found ? kExpositionType : "text/plain; charset=utf-8");
  response.keep_alive(keep_alive);
  response.prepare_payload();
  if (method == http::verb::head) response.body().clear();
  return response;
}

}  // namespace

class MetricsExporter::Server {
 public:
  explicit Server(std::vector<const MetricSource*> sources)
      : sources_(WithProcess(std::move(sources))), thread_([this] { io_.run(); }) {}

  ~Server() {
    acceptor_.reset();
    io_.stop();
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  absl::Status Accept(absl::string_view key, ListenSockets sockets) {
    absl::StatusOr<std::unique_ptr<Acceptor>> acceptor =
        Acceptor::Start({.max_connections = kMaxConnections,
                         .limit = absl::StrCat("the ", kMaxConnections, " connections of ", key)},
                        std::move(sockets), [this](int /*listener*/, int connection) { Take(connection); });
    if (!acceptor.ok()) return acceptor.status();
    acceptor_ = *std::move(acceptor);
    return absl::OkStatus();
  }

 private:
  std::vector<const MetricSource*> WithProcess(std::vector<const MetricSource*> sources) const {
    sources.push_back(&process_);
    return sources;
  }

  void Take(int accepted) {
    asio::post(io_, [this, connection = FileDescriptor(accepted)]() mutable {
      int family = AF_INET;
      socklen_t size = sizeof(family);
      getsockopt(connection.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
      tcp::socket socket(io_);
      error_code error;
      socket.assign(family == AF_INET6 ? tcp::v6() : tcp::v4(), connection.get(), error);
      if (error) return;
      connection.Release();
      asio::co_spawn(io_, Serve(beast::tcp_stream(std::move(socket))), asio::detached);
    });
  }

  asio::awaitable<void> Serve(beast::tcp_stream stream) {
    beast::flat_buffer buffer(kMaxHeaderBytes);
    error_code error;
    std::chrono::seconds patience = kFirstPatience;
    for (bool keep_alive = true; keep_alive; patience = kPatience) {
      http::request_parser<http::empty_body> parser;
      parser.header_limit(kMaxHeaderBytes);
      stream.expires_after(patience);
      co_await http::async_read_header(stream, buffer, parser,
                                       asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      // Nobody needs a body; with one, the next request cannot be told from it.
      keep_alive = parser.keep_alive() && parser.is_done();
      const Response response = Answer(parser.get(), keep_alive, sources_);
      stream.expires_after(kPatience);
      co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    co_await Discard(stream, buffer);
  }

  // Reads what still comes: the kernel takes a response back from its reader if the connection is closed
  // before.
  static asio::awaitable<void> Discard(beast::tcp_stream& stream, beast::flat_buffer& buffer) {
    error_code error;
    stream.expires_after(kFirstPatience);
    while (!error) {
      buffer.clear();
      co_await stream.async_read_some(buffer.prepare(kMaxHeaderBytes),
                                      asio::redirect_error(asio::use_awaitable, error));
    }
  }

  const ProcessMetrics process_;
  const std::vector<const MetricSource*> sources_;
  asio::io_context io_{1};
  const asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::thread thread_;
  std::unique_ptr<Acceptor> acceptor_;
};

absl::StatusOr<std::unique_ptr<MetricsExporter>> MetricsExporter::Start(
    const Settings& settings, absl::string_view key, const std::optional<Address>& listen,
    std::vector<const MetricSource*> sources) {
  if (!listen.has_value()) return nullptr;
  const auto at_key = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(settings.Where(key), ": ", status.message()));
  };
  absl::StatusOr<ListenSockets> sockets = Listen(*listen);
  if (!sockets.ok()) return at_key(sockets.status());
  const Address address = sockets->address;
  auto server = std::make_unique<Server>(std::move(sources));
  if (absl::Status status = server->Accept(key, *std::move(sockets)); !status.ok()) return at_key(status);
  Log(LogLevel::kInfo, "metrics_served", {{"address", address.ToString()}});
  return std::unique_ptr<MetricsExporter>(new MetricsExporter(address, std::move(server)));
}

MetricsExporter::MetricsExporter(Address address, std::unique_ptr<Server> server)
    : address_(std::move(address)), server_(std::move(server)) {}

MetricsExporter::~MetricsExporter() = default;

}  // namespace readcount
