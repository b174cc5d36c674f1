#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/router.h"
#include "gateway/target.h"
#include "services/common/ledger/field.h"
#include "tests/fuzz/fuzz.h"

namespace readcount::gateway {
namespace {

constexpr absl::string_view kArticle = "/api/articles/";

std::string Encoded(absl::string_view text) {
  std::string encoded;
  for (const unsigned char byte : text) absl::StrAppendFormat(&encoded, "%%%02x", byte);
  return encoded;
}

void CheckTarget(const Target& target, absl::string_view text) {
  fuzz::Require(target.path == text.substr(0, text.find('?')), "the path is kept as it was sent");
  fuzz::Require(absl::StartsWith(target.path, "/") && !absl::StrContains(target.path, '#') &&
                    std::all_of(target.path.begin(), target.path.end(), absl::ascii_isgraph),
                "a path is printable and begins with /");
  std::string again = target.path + "?";
  for (const auto& [name, value] : target.query) {
    fuzz::Require(IsUtf8(name) && IsUtf8(value), "names and values are UTF-8 without NUL");
    fuzz::Require(target.Get(name) == value, "a parameter is found by its name");
    absl::StrAppend(&again, Encoded(name), "=", Encoded(value), "&");
  }
  const absl::StatusOr<Target> parsed = ParseTarget(again);
  fuzz::Require(parsed.ok() && parsed->path == target.path && parsed->query == target.query,
                "a target that is encoded anew means the same");
}

// Handlers as the gateway's, each of which says that it was called and with what.
Router MakeRouter(std::string& called) {
  const auto handler = [&called](std::string name) -> Handler {
    return [&called, name](const Request& /*request*/, const std::string& parameter, const Respond& respond) {
      called = name + parameter;
      respond({.status = 200});
    };
  };
  return Router({{.path = "/api/articles", .get = handler("/api/articles")},
                 {.path = std::string(kArticle), .get = handler(std::string(kArticle))},
                 {.path = "/api/sync", .post = handler("/api/sync")}},
                /*max_requests=*/1);
}

void CheckRoute(Target target, Method method) {
  std::string called;
  int answers = 0;
  int status = 0;
  const Router router = MakeRouter(called);
  const std::string path = target.path;
  // Twice: a request that is over must not count as one under way.
  for (int i = 0; i < 2; ++i) {
    router.Dispatch({.method = method, .target = target}, [&](const Response& response) {
      ++answers;
      status = response.status;
    });
  }
  fuzz::Require(answers == 2, "every request is answered once");
  fuzz::Require(status == 200 || status == 404 || status == 405, "a route is found or not");
  fuzz::Require((status == 200) == (called == path), "the handler gets what of the path is its own");
  if (status != 200 || !absl::StartsWith(path, kArticle)) return;
  const std::string parameter = path.substr(kArticle.size());
  const std::optional<uint64_t> id = ParseArticleId(parameter);
  fuzz::Require(!id.has_value() || absl::StrCat(*id) == parameter, "an article has one path");
}

}  // namespace

int FuzzTarget(fuzz::Input input) {
  const absl::string_view method = input.Line();
  const absl::StatusOr<Target> target = ParseTarget(input.rest());
  if (!target.ok()) {
    fuzz::Require(IsUtf8(target.status().message()), "a refusal can be shown");
    return 0;
  }
  CheckTarget(*target, input.rest());
  static const std::map<absl::string_view, Method> kMethods = {
      {"GET", Method::kGet}, {"HEAD", Method::kHead}, {"POST", Method::kPost}};
  const auto known = kMethods.find(method);
  CheckRoute(*target, known == kMethods.end() ? Method::kOther : known->second);
  return 0;
}

}  // namespace readcount::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::gateway::FuzzTarget({data, size});
}
