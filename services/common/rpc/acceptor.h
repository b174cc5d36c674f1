#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/backoff.h"
#include "services/common/rpc/listen_socket.h"
#include "services/common/rpc/open_sockets.h"

namespace readcount {

// Accepts connections on a thread of its own and hands them over. gRPC's own loop is not used because it
// stops for good at the first "too many open files"; this one waits, with growing delays, and goes on by
// itself when descriptors are free. Not thread-safe.
class Acceptor {
 public:
  struct Settings {
    size_t max_connections = 800;                // open at once; a newcomer beyond is closed at once
    std::string limit = "grpc.max_connections";  // what the log calls that
    Backoff::Settings backoff = {.first = absl::Milliseconds(10), .most = absl::Seconds(1)};
    absl::Duration recount =
        absl::Milliseconds(10);  // while full, how often it looks whether some have closed
  };

  // Called on the acceptor's thread with a connection, non-blocking, closed on exec, TCP_NODELAY, which the
  // receiver owns: it may close it at any time, on any thread, without telling.
  using Receive = std::function<void(int listener, int connection)>;

  // Starts to accept. UNAVAILABLE, saying what to do, if the process has no descriptor left for it.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Start(Settings settings, ListenSockets sockets,
                                                         Receive receive);

  // Stops, if that has not been done.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Stops listening: newcomers are refused by the kernel; connections handed over live on. When it returns,
  // `receive` is not running and is not called again. May be called again.
  void Stop();

 private:
  Acceptor(Settings settings, FileDescriptor stop, ListenSockets sockets, Receive receive);

  void Run();
  bool AwaitConnection(absl::Duration pause) const;
  absl::Duration AcceptRound();
  void TakeOrRefuse(int listener, FileDescriptor connection);

  const Settings settings_;
  const Receive receive_;
  const FileDescriptor stop_;
  ListenSockets sockets_;

  // Of the thread alone.
  OpenSockets open_;
  Backoff backoff_;
  bool full_ = false;  // in the present round
  uint64_t refused_ = 0;
  uint64_t failed_ = 0;

  std::thread thread_;
};

}  // namespace readcount
