#pragma once

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <string>

namespace readcount::cli {

// What is wrong with a command line that `app` could not parse, with a line's end, for the failure message of
// the parser. Of a command that is missing or unknown it names those that there are.
std::string UsageMessage(const CLI::App* app, const CLI::Error& error);

}  // namespace readcount::cli
