#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace readcount::testing {

// Stands where a service manager listens: the socket that NOTIFY_SOCKET names.
class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // For NOTIFY_SOCKET.
  std::string path() const { return dir_.path("notify"); }

  // Waits for the next message; throws if none comes within half a minute.
  std::string Next();

 private:
  const TempDir dir_;
  const int socket_;
};

}  // namespace readcount::testing
