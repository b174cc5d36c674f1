#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "gateway/session.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// Accepts connections and keeps those that are open. When descriptors run out it waits a little and goes on.
// Thread-safe.
class Listener {
 public:
  // Binds and begins to accept on `io`. UNAVAILABLE if the address is taken or cannot be bound. `io` and
  // `router` must outlive the listener.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(boost::asio::io_context& io, const Address& listen,
                                                         const Router& router, SessionLimits limits);

  // REQUIRES: `io` has been stopped.
  ~Listener() = default;

  // The address bound, with the real port.
  const Address& address() const { return address_; }

  // Stops accepting, ends idle connections, lets requests under way finish within `grace`, ends the rest.
  void Drain(absl::Duration grace);

 private:
  Listener(boost::asio::io_context& io, const Router& router, SessionLimits limits);

  boost::asio::awaitable<void> Accept();
  void Add(boost::asio::ip::tcp::socket socket);
  void Remove(const std::shared_ptr<Session>& session);
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sessions_.empty(); }

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const Router& router_;
  const SessionLimits limits_;
  Address address_;

  absl::Mutex mutex_;
  std::set<std::shared_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount::gateway
