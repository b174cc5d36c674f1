#include "gateway/vary.h"

#include "absl/strings/str_cat.h"

namespace readcount::gateway {

void AddVary(Response& response, absl::string_view name) {
  constexpr absl::string_view kVary = "Vary";
  for (auto& [header, value] : response.headers) {
    if (header == kVary) return absl::StrAppend(&value, ", ", name);
  }
  response.headers.emplace_back(kVary, name);
}

}  // namespace readcount::gateway
