#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace readcount::testing {

// A client's TCP connection that sends just the bytes it is given, right or wrong. Nothing waits for longer
// than `kPatience`. Not thread-safe.
class RawConnection {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(20);

  // Connects to `address`, an IP address with a port.
  explicit RawConnection(const std::string& address);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;

  bool connected() const { return connected_; }

  // False if the peer ended the connection or takes no more.
  bool Send(absl::string_view bytes);

  // Appends to `text` what has come; false if nothing comes until `deadline` or nothing can come any more.
  bool Receive(std::string& text, absl::Time deadline = absl::Now() + kPatience);

  // Whether there is something to receive, or the end, within `patience`.
  bool AwaitAnswer(absl::Duration patience) const;

  // Reads away what comes; whether the peer ends the connection.
  bool AwaitEnd();

  bool closed() const { return closed_; }          // the peer has closed it in order
  bool lost() const { return closed_ || reset_; }  // or it was reset

 private:
  bool AwaitEvent(short event, absl::Time deadline) const;

  int fd_ = -1;
  bool connected_ = false, closed_ = false, reset_ = false;
};

}  // namespace readcount::testing
