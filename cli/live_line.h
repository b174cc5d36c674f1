#pragma once

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::cli {

// Columns of the terminal that standard output is; 80 if it is none.
int TerminalColumns();

// A line of a terminal that is drawn again in place. Not thread-safe.
class LiveLine {
 public:
  // `out` must be a terminal and outlive it.
  explicit LiveLine(std::ostream& out) : out_(out) {}
  ~LiveLine() { Clear(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Shows `text`, cut to the terminal's width, in the place of what was shown before.
  void Draw(absl::string_view text);

  // Takes it away, so that ordinary lines may be written.
  void Clear();

 private:
  std::ostream& out_;
  std::string shown_;
};

}  // namespace readcount::cli
