#include "gateway/admin_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AdminTokenTest, LetsTheRightTokenIn) {
  const AdminToken token("secret");
  EXPECT_TRUE(token.Check("Bearer secret").ok());
}

TEST(AdminTokenTest, TheSchemesCaseDoesNotMatter) {
  const AdminToken token("secret");
  EXPECT_TRUE(token.Check("bearer secret").ok());
  EXPECT_TRUE(token.Check("BEARER secret").ok());
}

TEST(AdminTokenTest, RefusesAMissingOrWrongToken) {
  const AdminToken token("secret");
  for (const absl::string_view header :
       {"", "Bearer", "Bearer ", "secret", "Basic secret", "Bearersecret", "Bearer secre", "Bearer secrets",
        "Bearer Secret", "Bearer  secret", "Bearer secret ", "Bearer secreT"}) {
    const absl::Status status = token.Check(header);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << header;
  }
}

TEST(AdminTokenTest, WithoutATokenNobodyIsLetIn) {
  const AdminToken token("");
  for (const absl::string_view header : {"", "Bearer", "Bearer ", "Bearer x"}) {
    EXPECT_EQ(token.Check(header).code(), absl::StatusCode::kPermissionDenied) << header;
  }
}

TEST(AdminTokenTest, TheMessageDoesNotTellTheToken) {
  const AdminToken token("hunter2hunter2");
  EXPECT_THAT(std::string(token.Check("Bearer wrong").message()), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace readcount::gateway
