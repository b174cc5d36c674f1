#include "cli/pages.h"

#include "CLI/Validators.hpp"
#include "absl/strings/str_cat.h"

namespace readcount::cli {

void AddPageOptions(CLI::App& app, PageOptions& options, int most, int usual) {
  app.add_option("--page-size", options.size, absl::StrCat("How many, 1 to ", most, "; without it ", usual))
      ->type_name("COUNT")
      ->check(CLI::Range(1, most).description(""));
  CLI::Option* token =
      app.add_option("--page-token", options.token, "Go on where an earlier page ended")->type_name("TOKEN");
  app.add_flag("--all", options.all, "All pages, one after the other")->excludes(token);
}

}  // namespace readcount::cli
