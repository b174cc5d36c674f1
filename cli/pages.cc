#include "cli/pages.h"

#include "absl/strings/str_cat.h"
#include "cli/arguments.h"

namespace readcount::cli {

void AddPageOptions(CLI::App& app, PageOptions& options, uint64_t most, uint64_t usual) {
  AddNumberOption(app, "--page-size", options.size, 1, most,
                  absl::StrCat("How many, 1 to ", most, "; without it ", usual));
  CLI::Option* token = AddTextOption(app, "--page-token", options.token, "Go on where an earlier page ended")
                           ->type_name("TOKEN");
  app.add_flag("--all", options.all, "All pages, one after the other")->excludes(token);
}

}  // namespace readcount::cli
