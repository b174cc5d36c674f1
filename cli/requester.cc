#include "cli/requester.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

constexpr size_t kEntryBytes = 16384;  // of a user in the database of users

std::string UserName(const Context& context) {
  if (const auto user = context.environment("USER"); user.has_value() && !user->empty())
    return MendedUtf8(*user);
  std::array<char, kEntryBytes> text;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
    return MendedUtf8(found->pw_name);
  return "readcount";
}

}  // namespace

CLI::Option* AddRequester(CLI::App& app, const Context& context, std::string& name,
                          const std::string& record) {
  name = UserName(context);
  return AddTextOption(app, "--requested-by", name,
                       absl::StrCat("Who asks, for ", record, "; without it the user's name"))
      ->type_name("NAME");
}

}  // namespace readcount::cli
