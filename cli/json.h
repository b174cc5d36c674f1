#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace readcount::cli {

// A message as one line of JSON, with the fields and names of the proto file, as the REST API has them: ids
// and counts are numbers, times RFC 3339 in UTC, spans seconds under their name with `_seconds`, enum values
// lower case without their type's name. Every field is there; null stands for a message that is absent, while
// of several alternatives only the one that is set is there. Bytes that are not UTF-8 become U+FFFD.
std::string MessageJson(const google::protobuf::Message& message);

// A flat object, for results that are no message.
using JsonValue = std::variant<bool, int64_t, uint64_t, double, std::string>;
std::string ObjectJson(const std::vector<std::pair<std::string, JsonValue>>& fields);

}  // namespace readcount::cli
