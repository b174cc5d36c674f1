#include "gateway/web_handlers.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gateway/errors.h"
#include "gateway/web_files.h"

namespace readcount::gateway {
namespace {

// Pages have paths of their own.
bool IsPage(absl::string_view name) {
  return absl::EndsWith(name, ".html") || name == "openapi.json";
}

Response Get(absl::string_view name, const Request& request) {
  const WebFile* const file = FindWebFile(name);
  if (file == nullptr) return ErrorResponse(absl::NotFoundError("there is no such file"));
  return FileResponse(*file, request);
}

// They come compressed already, and whatever a browser says that it accepts, it is what it came for.
Route FileRoute(std::string path, std::string name) {
  return {.path = std::move(path),
          .get = [name = std::move(name)](const Request& request, const std::string&,
                                          const Respond& respond) { respond(Get(name, request)); },
          .offers = "",
          .compressible = false};
}

}  // namespace

std::vector<Route> WebRoutes() {
  return {
      FileRoute("/", "index.html"), FileRoute("/docs", "docs.html"),
      FileRoute("/openapi.json", "openapi.json"),
      Route{.path = "/web/{file}",
            .get = [](const Request& request, const std::string& parameter,
                      const Respond& respond) { respond(Get(IsPage(parameter) ? "" : parameter, request)); },
            .offers = "",
            .compressible = false}};
}

}  // namespace readcount::gateway
