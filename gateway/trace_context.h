#pragma once

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace readcount::gateway {

// Where a request stands in a trace: the `traceparent` of W3C Trace Context (www.w3.org/TR/trace-context),
// held as its text, `00-<trace id>-<parent id>-<flags>`. A value without memory of its own: copying allocates
// nothing.
class TraceContext {
 public:
  static constexpr size_t kSize = 55;

  // None: as of a request without the header.
  TraceContext() = default;

  // Takes a header's value. Version 00 must be as the recommendation has it, to the last byte; of a higher
  // version is taken what version 00 has too, as "Versioning of traceparent" asks. Of the flags stay those
  // that have a meaning, sampled and random trace id. Anything else is none: a header that is wrong begins a
  // new trace, and refuses no request.
  static TraceContext Parse(absl::string_view value);

  // Begins a trace, not sampled.
  static TraceContext Make();

  // What to pass on to the next service: the same trace and flags under a new parent id. REQUIRES: not none.
  TraceContext Child() const;

  bool none() const { return text_[0] == '\0'; }

  // As the header has it, always of version 00; empty if none.
  absl::string_view text() const { return {text_.data(), none() ? 0 : kSize}; }

  absl::string_view trace_id() const { return text().substr(3, 32); }    // REQUIRES: not none
  absl::string_view parent_id() const { return text().substr(36, 16); }  // REQUIRES: not none

 private:
  std::array<char, kSize> text_ = {};
};

}  // namespace readcount::gateway
