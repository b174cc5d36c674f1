#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/json.h"

namespace readcount::cli {

// Options of commands that list something page by page.
struct PageOptions {
  int size = 0;  // 0: as many as the service gives
  std::string token;
  bool all = false;
};

// `most` and `usual` are the service's bounds of a page.
void AddPageOptions(CLI::App& app, PageOptions& options, uint64_t most, uint64_t usual);

// Asks for a page, or for all pages one after the other, and shows each: as a line of JSON, or by `print`.
// `ask` sends `request`, whose page fields this sets.
template <typename Request, typename Ask, typename Print>
absl::Status ShowPages(Context& context, const PageOptions& options, Request& request, Ask ask, Print print) {
  request.set_page_size(options.size);
  request.set_page_token(options.token);
  while (context.out.stream.good()) {
    const auto page = ask();
    if (!page.ok()) return page.status();
    if (context.json()) {
      context.out.stream << MessageJson(*page) << std::endl;
    } else {
      print(*page);
    }
    if (page->next_page_token().empty()) break;
    if (!options.all) {
      if (!context.json())
        context.err.stream << "there are more: --page-token " << page->next_page_token() << ", or --all\n";
      break;
    }
    request.set_page_token(page->next_page_token());
  }
  return absl::OkStatus();
}

}  // namespace readcount::cli
