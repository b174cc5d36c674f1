#pragma once

#include <CLI/App.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

// Options that are checked as they are read: a wrong value is wrong usage, and the message says what is
// right.
namespace readcount::cli {

// The argument ID…: ids of articles or dead letters, decimal numbers from 1 to 2^64 - 1 without leading
// zeros.
CLI::Option* AddIds(CLI::App& app, std::vector<uint64_t>& ids, const std::string& description);

// Adds an option for a text that is sent to a service, which takes UTF-8 alone.
CLI::Option* AddTextOption(CLI::App& app, const std::string& name, std::string& target,
                           const std::string& description);

// What AddNumberOption adds, for a variable of any type.
CLI::Option* AddNumberSetter(CLI::App& app, const std::string& name, std::function<void(uint64_t)> set,
                             uint64_t least, uint64_t most, const std::string& description);

// Adds an option for a whole number in decimal digits, from `least` to `most`, which `target` must hold.
// Tells its default unless that is 0, which stands for none.
template <std::integral Number>
CLI::Option* AddNumberOption(CLI::App& app, const std::string& name, Number& target, uint64_t least,
                             uint64_t most, const std::string& description) {
  const auto set = [&target](uint64_t number) { target = static_cast<Number>(number); };
  CLI::Option* option = AddNumberSetter(app, name, set, least, most, description);
  return target == 0 ? option : option->default_str(absl::StrCat(target));
}

// Adds an option for host:port, without a scheme such as http://.
CLI::Option* AddAddressOption(CLI::App& app, const std::string& name, std::string& target,
                              const std::string& description);

// Adds an option for a number such as 0.99, from `least` to `most`, and tells its default.
CLI::Option* AddRealOption(CLI::App& app, const std::string& name, double& target, double least, double most,
                           const std::string& description);

// Adds an option for a time such as 10s or 500ms, from `least` to `most`, and tells its default.
CLI::Option* AddTimeOption(CLI::App& app, const std::string& name, absl::Duration& target,
                           absl::Duration least, absl::Duration most, const std::string& description);

}  // namespace readcount::cli
