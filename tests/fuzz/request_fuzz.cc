#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gateway/request_reader.h"
#include "tests/fuzz/fuzz.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;

const RequestLimits kLimits = {.max_header_bytes = 512,
                               .max_body_bytes = 64,
                               .idle_timeout = absl::Hours(1),
                               .header_timeout = absl::Hours(1)};

// What one connection was understood to say.
struct Heard {
  std::vector<std::string> requests;
  bool refused = false;
  bool over = false;

  friend bool operator==(const Heard&, const Heard&) = default;
};

std::string Gist(const Incoming& incoming) {
  const Request& request = *incoming.request;
  std::string gist = std::to_string(static_cast<int>(request.method)) + " " + request.target.path;
  for (const auto& [name, value] : request.target.query)
    gist.append("&").append(name).append("=").append(value);
  gist.append(" ").append(request.authorization);
  return gist.append(request.prefetch ? " p" : "").append(incoming.keep_alive ? " k" : "");
}

asio::awaitable<void> Listen(RequestReader& reader, Heard& heard) {
  while (co_await reader.Await(absl::Minutes(1))) {
    const Incoming incoming = co_await reader.Read();
    fuzz::Require(!incoming.request || !incoming.refusal, "a request is taken or refused");
    heard.refused = incoming.refusal.has_value();
    if (heard.refused) {
      fuzz::Require(incoming.refusal->status >= 400 && incoming.refusal->status < 500, "a refusal is a 4xx");
    }
    if (!incoming.request) break;
    fuzz::Require(absl::StartsWith(incoming.request->target.path, "/"), "a request has a path");
    heard.requests.push_back(Gist(incoming));
    if (!incoming.keep_alive) break;
  }
  heard.over = true;
}

// Sends the pieces one after the other, each when all before it was read.
Heard Hear(const std::vector<absl::string_view>& pieces) {
  int ends[2];
  fuzz::Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "there are sockets");
  asio::io_context io;
  asio::ip::tcp::socket server(io);
  server.assign(asio::ip::tcp::v4(), ends[0]);
  const auto socket = std::make_shared<TimedSocket>(std::move(server));
  RequestReader reader(*socket, kLimits);
  Heard heard;
  asio::co_spawn(io, Listen(reader, heard), [](const std::exception_ptr& thrown) {
    fuzz::Require(thrown == nullptr, "nothing is thrown");
  });
  const auto settle = [&io] {
    while (io.poll() > 0) {
    }
  };
  for (const absl::string_view piece : pieces) {
    const auto sent = send(ends[1], piece.data(), piece.size(), MSG_NOSIGNAL);
    fuzz::Require(sent == static_cast<ssize_t>(piece.size()), "a piece is sent whole");
    settle();
  }
  shutdown(ends[1], SHUT_WR);
  settle();
  fuzz::Require(heard.over, "the end of the stream ends the reading");
  socket->Reset();
  settle();
  close(ends[1]);
  return heard;
}

size_t Count(absl::string_view text, absl::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != absl::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

// The first line says where the stream is cut in two; that must change nothing.
int FuzzRequest(fuzz::Input input) {
  const auto cut = static_cast<size_t>(input.Number());
  const absl::string_view stream = input.rest();
  const Heard whole = Hear({stream});
  fuzz::Require(whole.requests.size() <= Count(stream, "\r\n\r\n"), "every request has a head");
  const size_t first = stream.empty() ? 0 : cut % stream.size();
  fuzz::Require(Hear({stream.substr(0, first), stream.substr(first)}) == whole,
                "how a stream is cut does not change what it says");
  return 0;
}

}  // namespace readcount::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::gateway::FuzzRequest({data, size});
}
