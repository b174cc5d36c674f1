#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>

#include "absl/status/statusor.h"
#include "gateway/conventions.h"
#include "gateway/https_context.h"
#include "gateway/router.h"
#include "gateway/session_table.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// Accepts connections and has them served, or refused with 503 when there are too many. When descriptors run
// out it ends an idle connection, waits a little and goes on. Thread-safe.
class Listener {
 public:
  // Binds every address that `listen` stands for, as readcount::Listen does, and begins to accept on `io`.
  // UNAVAILABLE, saying what to do, if an address is taken or cannot be bound. Connections are served over
  // TLS if there is `https`. It, `io`, which `threads` threads run, and `router` must outlive the listener.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(boost::asio::io_context& io, int threads,
                                                         const Address& listen, const HttpsContext* https,
                                                         const Router& router, const Conventions& conventions,
                                                         const RequestLimits& limits, size_t max_connections);

  // REQUIRES: `io` has been stopped.
  ~Listener() = default;

  // The address bound, with the real port.
  const Address& address() const { return address_; }

  // Stops listening without losing whom the kernel has let in already. Tells the clients that their
  // connections end, lets requests under way, and those on their way, finish within `grace`, ends the rest.
  void Drain(absl::Duration grace);

  SessionTable::Stats sessions() const { return sessions_.stats(); }

 private:
  Listener(boost::asio::io_context& io, int threads, Address address, const HttpsContext* https,
           const Router& router, const Conventions& conventions, const RequestLimits& limits,
           size_t max_connections);

  boost::asio::any_io_executor NewExecutor() const;

  boost::asio::awaitable<void> Accept(boost::asio::ip::tcp::acceptor& acceptor);
  void Add(boost::asio::ip::tcp::socket socket);
  void Close(boost::asio::ip::tcp::acceptor& acceptor);

  boost::asio::io_context& io_;
  const int threads_;
  std::list<boost::asio::ip::tcp::acceptor> acceptors_;  // the same after Start
  const HttpsContext* const https_;
  const Router& router_;
  const Conventions& conventions_;
  const RequestLimits limits_;
  const Address address_;
  SessionTable sessions_;
};

}  // namespace readcount::gateway
