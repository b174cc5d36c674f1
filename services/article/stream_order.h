#pragma once

#include <cstdint>

namespace readcount {

// Tells when the next message of a stream may be read: not before Redis is sure to be asked for the newest
// batch ahead of it. A batch that waits for MySQL is followed by none, for the counts that a client sees must
// not fall. Not thread-safe.
class StreamOrder {
 public:
  // A batch was read. Its number, by which it is spoken of: it may be answered, and another read, before its
  // reader knows that it was asked for in order.
  uint64_t Taken() {
    may_be_overtaken_ = true;
    return ++newest_;
  }

  // Redis has been asked for the batch, or the batch was answered.
  void Passed(uint64_t batch) {
    if (batch == newest_) may_be_overtaken_ = false;
  }

  // Whether a batch that is read now could pass the newest.
  bool may_be_overtaken() const { return may_be_overtaken_; }

 private:
  uint64_t newest_ = 0;
  bool may_be_overtaken_ = false;
};

}  // namespace readcount
