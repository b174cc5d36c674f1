#include "cli/live_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace readcount::cli {

int TerminalColumns() {
  constexpr int kUsual = 80;
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

void LiveLine::Draw(absl::string_view text) {
  // The last column stays free: a terminal may go to the next line when it is filled.
  text = text.substr(0, static_cast<size_t>(std::max(1, TerminalColumns() - 1)));
  if (text == shown_) return;
  shown_ = std::string(text);
  out_ << '\r' << shown_ << "\x1b[K" << std::flush;
}

void LiveLine::Clear() {
  if (shown_.empty()) return;
  shown_.clear();
  out_ << "\r\x1b[K" << std::flush;
}

}  // namespace readcount::cli
