#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace readcount::testing {

// What a gate does to the connections through it. Requests are the bytes from the client to the server.
struct GateMode {
  bool refuse = false;            // nothing listens, and what is open is reset
  bool black_hole = false;        // clients connect, and nothing is forwarded; what they send arrives later
  bool slice = false;             // each byte is written on its own
  uint64_t bytes_per_second = 0;  // in each direction of a connection; 0: no limit
  uint64_t flip_one_in = 0;       // one in so many bytes, at random, has its top bit flipped; 0: none
  bool flip_requests = true;      // or else only replies
  uint64_t seed = 1;              // of what is flipped
  std::optional<uint64_t> cut_requests_after;  // resets a connection after so many bytes of it,
  std::optional<uint64_t> cut_replies_after;   // counted from when the mode was set
};

// A TCP server on loopback that forwards to another server, and spoils it as told while traffic flows.
// Thread-safe.
class Gate {
 public:
  // `server` is host:port with a numeric host, or the path of a unix socket.
  explicit Gate(std::string server);

  // Resets what is open.
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // `127.0.0.1:port`; the port stays reserved while the gate refuses.
  const std::string& address() const { return address_; }

  // In force when it returns, also for connections that are open.
  void Set(const GateMode& mode);

  // Resets what is open; connections may be opened again at once.
  void Reset();

  // From now on, at the `nth` request in which `pattern` appears: resets its connection when the server has
  // answered, or, if not `delivered`, before the server gets the request. Once. For protocols in which a
  // client waits for each reply.
  void LoseReplyTo(const std::string& pattern, int nth = 1) { Lose({pattern, nth}); }
  void LoseRequest(const std::string& pattern, int nth = 1) { Lose({pattern, nth, false}); }

  // Waits until the loss asked for has happened; fails the test if that takes too long.
  void AwaitLoss();

 private:
  struct Loss {
    std::string pattern;
    int left = 0;  // requests until it happens; 0: nothing is to be lost
    bool delivered = true;
    uint64_t number = 0;  // of the orders that brought it
  };
  struct Orders {
    GateMode mode;
    Loss loss;
    uint64_t resets = 0;
    uint64_t number = 0;  // of the change that made them
    bool ending = false;
  };
  class Loop;

  void Lose(Loss loss);
  uint64_t Change() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AwaitTaken(uint64_t number);

  const std::string server_;
  std::string address_;
  int holder_ = -1;  // is bound to the port and never listens
  int wake_ = -1;
  absl::Mutex mutex_;
  Orders orders_ ABSL_GUARDED_BY(mutex_);
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the orders that are in force
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace readcount::testing
