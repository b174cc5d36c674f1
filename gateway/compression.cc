#include "gateway/compression.h"

#include <zlib.h>

#include <utility>

namespace readcount::gateway {
namespace {

// zlib's state, which is worth using again: setting it up costs as much as a small body.
class Deflater {
 public:
  Deflater() {
    constexpr int kGzipFormat = 16, kWindowBits = 15, kMemLevel = 8;
    ready_ = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipFormat + kWindowBits, kMemLevel,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Deflater() {
    if (ready_) deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // False if it does not fit into `out`, which is cut to what is written.
  bool Run(absl::string_view body, std::string& out) {
    if (!ready_ || deflateReset(&stream_) != Z_OK) return false;
    // zlib reads through a pointer that is not const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream_.avail_in = static_cast<uInt>(body.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return false;
    out.resize(stream_.total_out);
    return true;
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

}  // namespace

std::optional<std::string> Gzip(absl::string_view body) {
  static thread_local Deflater deflater;
  if (body.empty()) return std::nullopt;
  std::string out(body.size() - 1, '\0');
  if (!deflater.Run(body, out)) return std::nullopt;
  return out;
}

}  // namespace readcount::gateway
