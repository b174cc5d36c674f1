#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "tests/cli/noting_services.h"
#include "tests/cli/terminal.h"

namespace readcount::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using CliDeadLettersTest = CliServicesTest;

TEST_F(CliDeadLettersTest, ListsThem) {
  const ToolResult page = RunTool({"dead-letters", "list", "--reason", "not_an_article_id"}, variables_);
  EXPECT_EQ(page.status, 0) << page.err;
  EXPECT_THAT(page.out, HasSubstr("not an article id  not [31m an id  12        12  00000000000000ab/3"));
  EXPECT_THAT(page.err, HasSubstr("--page-token more"));
  EXPECT_THAT(service_.Take(), ElementsAre("reason: DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID"));
  const ToolResult all = RunTool({"dead-letters", "list", "--all", "--page-size", "1", "--json"}, variables_);
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.out,
              HasSubstr(R"({"dead_letters":[{"id":7,"field":"not\u001B[31m an id","value":"12","views":12,)"
                        R"("reason":"not_an_article_id","created_at":null,)"));
  EXPECT_THAT(all.out, HasSubstr("\n{\"dead_letters\":[{\"id\":8,"));
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1", "page_size: 1 page_token: \"more\""));
}

TEST_F(CliDeadLettersTest, RetriesThoseThatAreNamed) {
  const ToolResult some = RunTool({"dead-letters", "retry", "7", "8"}, variables_);
  EXPECT_EQ(some.status, 0) << some.err;
  EXPECT_EQ(some.out, "2 letters added to articles, with 1,200 views\n");
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1000", "page_size: 1000 page_token: \"more\"",
                                           "selection { ids: 7 ids: 8 } requested_by: \"ann\""));
  const ToolResult kept = RunTool({"dead-letters", "retry", "--all", "--json"}, variables_);
  EXPECT_EQ(kept.status, 1);
  EXPECT_EQ(kept.out, "{\"added\":2,\"views\":1200,\"kept\":1}\n");
  EXPECT_THAT(kept.err, HasSubstr("1 letter could not be added and must stay"));
  EXPECT_THAT(service_.Take(), ElementsAre("selection { all: true } requested_by: \"ann\""));
}

TEST_F(CliDeadLettersTest, ANameThatIsNotUtf8IsRefusedOrMended) {
  const ToolResult refused = RunTool({"dead-letters", "retry", "7", "--requested-by", "\xff"}, variables_);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("is not UTF-8"));
  EXPECT_EQ(RunTool({"list", "--author", "\xff"}, variables_).status, 2);
  EXPECT_THAT(service_.Take(), IsEmpty());
  variables_["USER"] = "J\xf6rg";
  EXPECT_EQ(RunTool({"dead-letters", "retry", "7"}, variables_).status, 0);
  EXPECT_THAT(service_.Take().back(), HasSubstr("requested_by: \"J\\357\\277\\275rg\""));
}

TEST_F(CliDeadLettersTest, WithoutUserInTheEnvironmentWhoRunsItAsks) {
  variables_["USER"] = "";
  const passwd* const self = getpwuid(geteuid());
  const std::string name = self != nullptr ? self->pw_name : "readcount";
  const std::string by = "requested_by: \"" + name + "\"";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"dead-letters", "retry", "--all"}, {"sync", "run"}}) {
    RunTool(command, variables_);
    EXPECT_THAT(service_.Take(), ElementsAre(HasSubstr(by)));
  }
}

TEST_F(CliDeadLettersTest, LettersThatAreNotThereAreAFailure) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"dead-letters", "retry", "999"},
        {"dead-letters", "drop", "999"},
        {"dead-letters", "drop", "999", "--yes", "--json"},
        {"dead-letters", "drop", "999", "--reason", "overflow", "--yes"}}) {
    const ToolResult none = RunTool(command, variables_);
    EXPECT_EQ(none.status, 1);
    EXPECT_THAT(none.out, IsEmpty());
    EXPECT_THAT(none.err, HasSubstr("there is no dead letter 999"));
  }
  EXPECT_THAT(service_.Take(), Each(HasSubstr("page_size")));
  const ToolResult some =
      RunTool({"dead-letters", "drop", "999", "7", "1000", "--yes", "--json"}, variables_);
  EXPECT_EQ(some.status, 1);
  EXPECT_THAT(some.out, StartsWith("{\"dropped\":2,"));
  EXPECT_THAT(some.err, HasSubstr("there are no dead letters 999, 1000: "));
  EXPECT_EQ(service_.Take().back(), "selection { ids: 7 } requested_by: \"ann\"");
}

TEST_F(CliDeadLettersTest, DropsNothingWithoutConsent) {
  const ToolResult refused = RunTool({"dead-letters", "drop", "7"}, variables_);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("confirm by --yes"));
  EXPECT_EQ(RunTool({"dead-letters", "drop", "--yes"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "retry"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "drop", "7", "--all", "--yes"}, variables_).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "drop", "--reason", "boredom", "--yes"}, variables_).status, 2);
  EXPECT_THAT(service_.Take(), ElementsAre("page_size: 1000"));
  const ToolResult dropped = RunTool({"dead-letters", "drop", "--reason", "overflow", "--yes"}, variables_);
  EXPECT_EQ(dropped.status, 0);
  EXPECT_EQ(dropped.out, "2 letters given up, with 15 views\n");
  EXPECT_THAT(service_.Take(),
              ElementsAre("selection { reason: DEAD_LETTER_REASON_OVERFLOW } requested_by: \"ann\""));
}

TEST_F(CliDeadLettersTest, SaysWhatMayNotBeDroppedYet) {
  const ToolResult some = RunTool({"dead-letters", "drop", "--all", "--yes"}, variables_);
  EXPECT_EQ(some.status, 1);
  EXPECT_EQ(some.out, "2 letters given up, with 15 views\n");
  EXPECT_THAT(some.err, HasSubstr("1 letter must stay until the run that put them there is over"));
}

TEST_F(CliDeadLettersTest, AsksOnATerminalBeforeItDrops) {
  TerminalTool no({"dead-letters", "drop", "7", "8"}, variables_);
  no.AwaitScreen("Give up 2 dead letters? Their views will never reach an article. [y/N] ");
  no.Type("\n");
  EXPECT_EQ(no.Wait(), 1);
  EXPECT_THAT(no.screen(), HasSubstr("nothing was dropped"));
  EXPECT_THAT(service_.Take(), Each(HasSubstr("page_size")));
  TerminalTool yes({"dead-letters", "drop", "7", "8"}, variables_);
  yes.AwaitScreen("[y/N] ");
  yes.Type("y\n");
  EXPECT_EQ(yes.Wait(), 0) << yes.screen();
  EXPECT_EQ(service_.Take().back(), "selection { ids: 7 ids: 8 } requested_by: \"ann\"");
}

}  // namespace
}  // namespace readcount::testing
