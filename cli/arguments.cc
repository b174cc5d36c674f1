#include "cli/arguments.h"

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

// A number as it is usually written: digits alone, and no 0 in front, which some read as octal.
std::optional<uint64_t> ParseDecimal(absl::string_view text) {
  const bool usual = std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
                     (text.size() == 1 || !absl::StartsWith(text, "0"));
  uint64_t number = 0;
  return usual && absl::SimpleAtoi(text, &number) ? std::optional(number) : std::nullopt;
}

uint64_t ParseId(const std::string& text) {
  const std::optional<uint64_t> id = ParseDecimal(text);
  if (id.value_or(0) > 0) return *id;
  throw CLI::ValidationError("ID",
                             absl::StrCat("'", text, "' is not an id: ids are decimal numbers from 1 to ",
                                          std::numeric_limits<uint64_t>::max(), ", without zeros in front"));
}

}  // namespace

CLI::Option* AddIds(CLI::App& app, std::vector<uint64_t>& ids, const std::string& description) {
  const auto parse = [&ids](const std::vector<std::string>& texts) {
    ids.clear();
    std::transform(texts.begin(), texts.end(), std::back_inserter(ids), ParseId);
  };
  return app.add_option_function<std::vector<std::string>>("ID", parse, description)->type_name("");
}

CLI::Option* AddTextOption(CLI::App& app, const std::string& name, std::string& target,
                           const std::string& description) {
  const auto parse = [&target, name](const std::string& text) {
    const std::string mended = MendedUtf8(text);
    if (mended != text) {
      throw CLI::ValidationError(
          name,
          absl::StrCat("'", mended,
                       "' is not UTF-8, which services ask for: let the terminal use a UTF-8 locale, or "
                       "convert the text, for example by iconv -f latin1 -t utf8"));
    }
    target = text;
  };
  return app.add_option_function<std::string>(name, parse, description);
}

CLI::Option* AddNumberSetter(CLI::App& app, const std::string& name, std::function<void(uint64_t)> set,
                             uint64_t least, uint64_t most, const std::string& description) {
  const auto parse = [set = std::move(set), name, least, most](const std::string& text) {
    const std::optional<uint64_t> number = ParseDecimal(text);
    if (!number.has_value() || *number < least || *number > most) {
      throw CLI::ValidationError(name, absl::StrCat("'", text, "' is not a whole number from ", least, " to ",
                                                    most, ", in decimal digits without zeros in front"));
    }
    set(*number);
  };
  return app.add_option_function<std::string>(name, parse, description)->type_name("COUNT");
}

CLI::Option* AddAddressOption(CLI::App& app, const std::string& name, std::string& target,
                              const std::string& description) {
  const auto parse = [&target, name](const std::string& text) {
    for (const absl::string_view scheme : {"http://", "https://"}) {
      if (!absl::StartsWithIgnoreCase(text, scheme)) continue;
      throw CLI::ValidationError(
          name, absl::StrCat("'", text, "' is a URL: give host:port alone, such as localhost:8080"));
    }
    target = text;
  };
  return app.add_option_function<std::string>(name, parse, description)->type_name("HOST:PORT");
}

CLI::Option* AddRealOption(CLI::App& app, const std::string& name, double& target, double least, double most,
                           const std::string& description) {
  const auto parse = [&target, name, least, most](const std::string& text) {
    // NaN lies in no range.
    if (!absl::SimpleAtod(text, &target) || !(target >= least && target <= most)) {
      throw CLI::ValidationError(name, absl::StrCat("'", text, "' is not a number from ", least, " to ", most,
                                                    ", for example 0.99"));
    }
  };
  return app.add_option_function<std::string>(name, parse, description)
      ->type_name("NUMBER")
      ->default_str(absl::StrCat(target));
}

CLI::Option* AddTimeOption(CLI::App& app, const std::string& name, absl::Duration& target,
                           absl::Duration least, absl::Duration most, const std::string& description) {
  const auto parse = [&target, name, least, most](const std::string& text) {
    if (!absl::ParseDuration(text, &target) || target < least || target > most) {
      throw CLI::ValidationError(
          name, absl::StrCat("'", text, "' is not a time from ", absl::FormatDuration(least), " to ",
                             absl::FormatDuration(most), ", for example 10s or 500ms"));
    }
  };
  return app.add_option_function<std::string>(name, parse, description)
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(target));
}

}  // namespace readcount::cli
