#include "gateway/request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace readcount::gateway {
namespace {

using ::testing::MatchesRegex;

TEST(RequestIdTest, TakesWhatIsPlain) {
  for (const std::string& id :
       {std::string("a"), std::string("A-Z_a.z-0"), std::string("..."), std::string(128, 'x')}) {
    EXPECT_FALSE(RequestId::Parse(id).none()) << id;
    EXPECT_EQ(RequestId::Parse(id).text(), id);
  }
}

TEST(RequestIdTest, WhatIsNotPlainIsAsIfItWereAbsent) {
  for (const std::string& id : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a,b"),
                                std::string("a=b"), std::string("a\nb"), std::string("\xC3\xA4"),
                                std::string("a\0b", 3), std::string("a\"b"), std::string("a/b")}) {
    EXPECT_TRUE(RequestId::Parse(id).none()) << id;
    EXPECT_EQ(RequestId::Parse(id).text(), "") << id;
  }
}

TEST(RequestIdTest, AMadeOneIsSixteenDigitsAndNoOther) {
  const RequestId made = RequestId::Make();
  EXPECT_THAT(std::string(made.text()), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(made.text(), RequestId::Make().text());
}

}  // namespace
}  // namespace readcount::gateway
