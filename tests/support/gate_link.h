#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "tests/support/gate.h"

namespace readcount::testing {

// One direction of a connection through a gate.
class GatePipe {
 public:
  using Time = std::chrono::steady_clock::time_point;

  GatePipe(int from, int to, bool requests) : from_(from), to_(to), requests_(requests) {}

  // A mode was set: bytes are counted anew.
  void Begin() { passed_ = 0; }

  // Whether to wait for input, and whether for room for output.
  bool WantsToRead() const { return !ended_ && waiting_.size() < kBuffer; }
  bool WantsToWrite(Time now) const { return !waiting_.empty() && now >= next_write_; }
  // When a throttled pipe may go on.
  Time next_write() const { return waiting_.empty() ? Time::max() : next_write_; }
  bool done() const { return closed_; }

  // Reads what there is and shows it to `seen`. False: the connection is to be reset.
  bool Read(const GateMode& mode, std::mt19937_64& random, const std::function<bool(std::string&)>& seen);

  // Writes what may be written. False: the connection is to be reset.
  bool Write(const GateMode& mode, Time now);

 private:
  static constexpr size_t kBuffer = 64 << 10;

  void Flip(const GateMode& mode, std::mt19937_64& random, std::string& bytes) const;

  const int from_, to_;
  const bool requests_;
  std::string waiting_;
  uint64_t passed_ = 0;
  Time next_write_{};
  bool ended_ = false;   // no more input
  bool closed_ = false;  // and the other side has been told so
};

// A client's connection and the one to the server that goes with it.
class GateLink {
 public:
  // Takes over both descriptors.
  GateLink(int client, int server)
      : client_(client), server_(server), requests(client, server, true), replies(server, client, false) {}
  ~GateLink();  // resets both, unless the server has ended it
  GateLink(const GateLink&) = delete;
  GateLink& operator=(const GateLink&) = delete;

  int client() const { return client_; }
  int server() const { return server_; }

 private:
  const int client_, server_;

 public:
  GatePipe requests, replies;
  std::string tail;          // of the requests so far, in which a pattern may have begun
  bool loses_reply = false;  // the next reply resets the link
};

}  // namespace readcount::testing
