#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace readcount::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// What the parser says of the words of a command line; empty if they are right.
std::string Complaint(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as it takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(CliArgumentsTest, IdsAreDecimalNumbersOfSixtyFourBits) {
  CLI::App app;
  std::vector<uint64_t> ids;
  AddIds(app, ids, "ids");
  EXPECT_THAT(Complaint(app, {"1", "10", "18446744073709551615"}), IsEmpty());
  EXPECT_THAT(ids, ElementsAre(1, 10, 18446744073709551615U));
  for (const std::string wrong : {"0", "010", "0x2", "-1", "-18446744073709551614", "18446744073709551616",
                                  "+1", "1.0", "1e3", "one", "", " 1"}) {
    EXPECT_EQ(Complaint(app, {"1", wrong}), "ID: '" + wrong +
                                                "' is not an id: ids are decimal numbers from 1 to "
                                                "18446744073709551615, without zeros in front");
  }
}

TEST(CliArgumentsTest, NumbersKeepToTheirBounds) {
  CLI::App app;
  int connections = 3;
  uint64_t rate = 0;
  const CLI::Option* option = AddNumberOption(app, "--connections", connections, 1, 10000, "");
  EXPECT_EQ(option->get_default_str(), "3");
  EXPECT_THAT(AddNumberOption(app, "--rate", rate, 0, 18446744073709551615U, "")->get_default_str(),
              IsEmpty());
  EXPECT_THAT(Complaint(app, {"--connections", "10000", "--rate", "18446744073709551615"}), IsEmpty());
  EXPECT_EQ(connections, 10000);
  EXPECT_EQ(rate, 18446744073709551615U);
  for (const std::string wrong : {"0", "10001", "-1", "01", "0x1", "nan", "4294967297"}) {
    EXPECT_EQ(Complaint(app, {"--connections", wrong}),
              "--connections: '" + wrong +
                  "' is not a whole number from 1 to 10000, in decimal digits without zeros in front");
  }
}

TEST(CliArgumentsTest, TextsAreUtf8) {
  CLI::App app;
  std::string author;
  AddTextOption(app, "--author", author, "");
  EXPECT_THAT(Complaint(app, {"--author", "J\u00f6rg"}), IsEmpty());
  EXPECT_EQ(author, "J\u00f6rg");
  EXPECT_THAT(Complaint(app, {"--author", "J\xf6rg"}), StartsWith("--author: 'J\uFFFDrg' is not UTF-8, "));
}

TEST(CliArgumentsTest, RealNumbersAreFiniteAndKeepToTheirBounds) {
  CLI::App app;
  double zipf = 0;
  EXPECT_EQ(AddRealOption(app, "--zipf", zipf, 0, 10, "")->get_default_str(), "0");
  EXPECT_THAT(Complaint(app, {"--zipf", "0.99"}), IsEmpty());
  EXPECT_EQ(zipf, 0.99);
  for (const std::string wrong : {"nan", "-nan", "inf", "-0.1", "10.1", "one", "0x", ""}) {
    EXPECT_EQ(Complaint(app, {"--zipf", wrong}),
              "--zipf: '" + wrong + "' is not a number from 0 to 10, for example 0.99");
  }
}

}  // namespace
}  // namespace readcount::cli
