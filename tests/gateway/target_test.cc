#include "gateway/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Target Parsed(absl::string_view text) {
  absl::StatusOr<Target> target = ParseTarget(text);
  EXPECT_TRUE(target.ok()) << text << ": " << target.status();
  return target.ok() ? *std::move(target) : Target();
}

TEST(ParseTargetTest, TakesAPathWithoutAQuery) {
  const Target target = Parsed("/api/article/7");
  EXPECT_EQ(target.path, "/api/article/7");
  EXPECT_THAT(target.query, IsEmpty());
  EXPECT_EQ(target.Get("view"), "");
}

TEST(ParseTargetTest, LeavesThePathAsItWasSent) {
  EXPECT_EQ(Parsed("/api//article/%37/../x").path, "/api//article/%37/../x");
}

TEST(ParseTargetTest, DecodesNamesAndValues) {
  const Target target = Parsed("/p?a%20b=c%2Fd&author=%E4%BD%9C%e8%80%85");
  EXPECT_THAT(target.query, ElementsAre(Pair("a b", "c/d"), Pair("author", "作者")));
}

TEST(ParseTargetTest, KeepsAPlusAPlus) {
  EXPECT_EQ(Parsed("/p?a=1+2").Get("a"), "1+2");
}

TEST(ParseTargetTest, TakesTheFirstOfRepeatedNames) {
  EXPECT_EQ(Parsed("/p?a=1&a=2").Get("a"), "1");
}

TEST(ParseTargetTest, TakesEmptyPartsAndMissingValues) {
  EXPECT_THAT(Parsed("/p?").query, IsEmpty());
  EXPECT_THAT(Parsed("/p?&&a&b=&&c=d=e").query, ElementsAre(Pair("a", ""), Pair("b", ""), Pair("c", "d=e")));
}

TEST(ParseTargetTest, SplitsAtTheFirstQuestionMarkOnly) {
  EXPECT_EQ(Parsed("/p?a=b?c").Get("a"), "b?c");
}

TEST(ParseTargetTest, RefusesWhatIsNoPathOrBadlyEncoded) {
  for (const absl::string_view text : {"", "*", "p", "http://host/p", "host:80", "/a b", "/a\tb", "/a\x7f",
                                       "/\xE4\xBD\x9C", "/p#x", "/p?a=#", "/p?a=%", "/p?a=%4", "/p?a=%zz",
                                       "/p?%=1", "/p?a=%FF", "/p?a=%C0%80", "/p?a=%00", "/p?%00=1"}) {
    EXPECT_EQ(ParseTarget(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseTargetTest, SaysThatANulIsOne) {
  EXPECT_THAT(std::string(ParseTarget("/p?author=%00").status().message()), HasSubstr("NUL"));
  EXPECT_THAT(std::string(ParseTarget("/p?author=%FF").status().message()), HasSubstr("UTF-8"));
}

TEST(ParseTargetTest, RefusesANulInThePath) {
  EXPECT_EQ(ParseTarget(absl::string_view("/a\0b", 4)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(IsUtf8Test, TakesWellFormedTextOfEveryLength) {
  for (const absl::string_view text :
       {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(IsUtf8Test, RefusesTextThatIsNot) {
  for (const absl::string_view text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82\x41"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
  EXPECT_FALSE(IsUtf8(absl::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace readcount::gateway
