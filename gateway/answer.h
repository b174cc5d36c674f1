#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/backends.h"
#include "gateway/errors.h"
#include "gateway/http.h"

namespace readcount::gateway {

// What handlers share: how they answer, and how they read a query.

inline Response Ok(std::string body) {
  return {.body = std::move(body)};
}

// Answers with what `render` makes of a success, else with the error.
template <typename T>
Callback<T> Answer(Respond respond, std::string (*render)(const T&)) {
  return [respond = std::move(respond), render](const absl::StatusOr<T>& result) {
    respond(result.ok() ? Ok(render(*result)) : ErrorResponse(result.status()));
  };
}

// The query's page_size; 0, which the services take for their default, if it is not given. INVALID_ARGUMENT
// for what is no number from 1 on; that it is not too large is left to the service.
inline absl::StatusOr<int> PageSizeOf(const Request& request, int most) {
  if (!request.target.query.contains("page_size")) return 0;
  const std::string text = request.target.Get("page_size");
  int size = 0;
  // SimpleAtoi alone would take signs and spaces.
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) || !absl::SimpleAtoi(text, &size) ||
      size < 1) {
    return absl::InvalidArgumentError(absl::StrCat("page_size: must be a whole number from 1 to ", most));
  }
  return size;
}

}  // namespace readcount::gateway
