#include "cli/audit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace readcount::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string Printed(const v1::AuditResponse& books) {
  std::ostringstream out;
  PrintBooks(books, out);
  return out.str();
}

TEST(CliAuditTextTest, SumsGoBeyondWhatAMessageCanHold) {
  v1::AuditResponse books;
  books.set_recorded(kMost - 1);
  books.set_added_by_others(kMost - 1);
  books.set_taken_by_others(-1);
  books.set_applied(kMost - 1);
  books.set_live(kMost - 1);
  books.set_sealed(1);
  EXPECT_THAT(Printed(books), ContainsRegex("= to be found +18,446,744,073,709,551,613\n"));
  EXPECT_THAT(Printed(books), ContainsRegex("= found +18,446,744,073,709,551,613\n"));
  EXPECT_THAT(Printed(books), HasSubstr("the books balance"));
}

TEST(CliAuditTextTest, WhatMayBeMoreIsSaidToBe) {
  v1::AuditResponse books;
  books.set_recorded(3);
  books.set_added_by_others(kMost);
  books.set_live(kMost);
  EXPECT_THAT(Printed(books), ContainsRegex("by others +9,223,372,036,854,775,807 or more\n"));
  EXPECT_THAT(Printed(books), ContainsRegex("= to be found +beyond what can be shown\n"));
  EXPECT_THAT(Printed(books), ContainsRegex("= found +beyond what can be shown\n"));
  EXPECT_THAT(Printed(books), Not(HasSubstr("-9")));
}

TEST(CliAuditTextTest, SaysWhatDoesNotBalance) {
  v1::AuditResponse books;
  books.set_difference(1234);
  EXPECT_EQ(Imbalance(books), "missing: 1,234 views");
  books.set_difference(-1);
  EXPECT_EQ(Imbalance(books), "too many: 1 view");
  books.set_difference(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Imbalance(books), "too many: 9,223,372,036,854,775,808 or more views");
  EXPECT_THAT(Printed(books), ContainsRegex("difference +-9,223,372,036,854,775,808 or less"));
}

}  // namespace
}  // namespace readcount::cli
