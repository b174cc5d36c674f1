#include "services/common/base/wide.h"

#include <algorithm>
#include <limits>
#include <sstream>

namespace readcount {

std::string ToText(WideViews views) {
  std::ostringstream text;
  text << views;
  return text.str();
}

WideViews ToWideViews(absl::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  WideViews views = 0;
  for (char digit : text.substr(negative ? 1 : 0)) {
    if (digit < '0' || digit > '9') return 0;
    views = views * 10 + (digit - '0');
  }
  return negative ? -views : views;
}

int64_t Narrow(WideViews views) {
  return static_cast<int64_t>(std::clamp(views, WideViews(std::numeric_limits<int64_t>::min()),
                                         WideViews(std::numeric_limits<int64_t>::max())));
}

}  // namespace readcount
