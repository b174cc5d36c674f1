#include "services/common/config/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace readcount {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class VariablesTest : public ::testing::Test {
 protected:
  absl::Status Check(const std::vector<std::string>& names) const { return CheckVariables(settings_, names); }
  std::string ErrorOf(const std::vector<std::string>& names) const {
    const absl::Status status = Check(names);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  const Settings settings_ = *LoadSettings("/dev/null", [](const std::string&) { return std::nullopt; });
};

TEST_F(VariablesTest, EveryKeyHasOne) {
  EXPECT_EQ(VariableOf("sync.interval"), "READCOUNT_SYNC_INTERVAL");
  for (const auto& [key, origin] : settings_.origins) EXPECT_TRUE(Check({VariableOf(key)}).ok()) << key;
}

TEST_F(VariablesTest, NamesTheKeyThatWasMissedByALetter) {
  EXPECT_EQ(ErrorOf({"READCOUNT_AUTH_TOKEN"}),
            "environment READCOUNT_AUTH_TOKEN: stands for no known key: correct it, to READCOUNT_AUTH_TOKENS "
            "perhaps, or remove it");
  EXPECT_THAT(ErrorOf({"READCOUNT_ATUH_TOKENS"}), HasSubstr("READCOUNT_AUTH_TOKENS perhaps"));
  EXPECT_THAT(ErrorOf({"READCOUNT_AUTH_TOKENS_FILES"}), HasSubstr("READCOUNT_AUTH_TOKENS_FILE perhaps"));
}

TEST_F(VariablesTest, RefusesTheBeginningOfAnotherAndWhateverMayConcernADoor) {
  EXPECT_THAT(ErrorOf({"READCOUNT_SYNC_TLS_CA"}), HasSubstr("READCOUNT_SYNC_TLS_CA: "));
  EXPECT_THAT(ErrorOf({"READCOUNT_SYNC_INTERVAL", "READCOUNT_SYNC_TLS_CERT", "READCOUNT_AUTH_"}),
              AllOf(HasSubstr("READCOUNT_SYNC_TLS_CERT: "), HasSubstr("\nenvironment READCOUNT_AUTH_: "),
                    Not(HasSubstr("READCOUNT_SYNC_INTERVAL: "))));
}

TEST_F(VariablesTest, LetsForeignOnesBe) {
  EXPECT_TRUE(Check({"READCOUNT_TOKEN", "READCOUNT_FAIL_POINTS", "READCOUNT_STATE", "READCOUNT_BIN",
                     "READCOUNT_URL", "READCOUNT_IMAGE", "READCOUNT_", "READCOUNT_SYNCHRONOUS",
                     "READCOUNT_GATEWAY", "READCOUNT_GATEWAY_", "READCOUNT_GATEWAY_URL"})
                  .ok());
}

TEST_F(VariablesTest, LetsThoseOfAKubernetesServiceBe) {
  for (const char* name : {"SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP",
                           "PORT_8080_TCP_PROTO", "PORT_8080_TCP_PORT", "PORT_8080_TCP_ADDR"}) {
    EXPECT_TRUE(Check({std::string("READCOUNT_GATEWAY_") + name}).ok()) << name;
  }
}

TEST_F(VariablesTest, ListsThoseOfTheProcess) {
  setenv("READCOUNT_SYNC_LANES", "2", /*overwrite=*/1);
  EXPECT_THAT(OwnVariables(), AllOf(Contains("READCOUNT_SYNC_LANES"), Not(Contains("PATH"))));
  unsetenv("READCOUNT_SYNC_LANES");
  EXPECT_THAT(OwnVariables(), Not(Contains("READCOUNT_SYNC_LANES")));
}

}  // namespace
}  // namespace readcount
