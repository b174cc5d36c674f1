#include "services/common/mysql/migration_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "services/common/mysql/migrator.h"
#include "tests/support/temp_dir.h"

namespace readcount::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Split(const std::string& text) {
  const auto statements = SplitStatements(text, "001_x.sql");
  EXPECT_TRUE(statements.ok()) << statements.status();
  std::vector<std::string> texts;
  if (statements.ok()) {
    for (const MigrationStatement& statement : *statements) texts.push_back(statement.sql);
  }
  return texts;
}

std::string SplitError(const std::string& text) {
  return std::string(SplitStatements(text, "001_x.sql").status().message());
}

TEST(SplitStatementsTest, SplitsAtSemicolonsOutsideOfQuotesAndComments) {
  EXPECT_THAT(Split("use a; select 1;\n;\n select 2"), ElementsAre("use a", "select 1", "select 2"));
  EXPECT_THAT(Split("select ';', \";\", `;`;select 2;"), ElementsAre("select ';', \";\", `;`", "select 2"));
  EXPECT_THAT(Split("select 'it''s;', 'a\\';b', `a``;`;select 2;"),
              ElementsAre("select 'it''s;', 'a\\';b', `a``;`", "select 2"));
  EXPECT_THAT(Split("select 1 -- a; b\n+ 2 # c; d\n+ /* e; ' */ 3;"),
              ElementsAre("select 1 -- a; b\n+ 2 # c; d\n+ /* e; ' */ 3"));
  EXPECT_THAT(Split("select 3--1; select 5--\n;"), ElementsAre("select 3--1", "select 5--"));
  EXPECT_THAT(Split("select `a\\`; select 2"), ElementsAre("select `a\\`", "select 2"));
}

TEST(SplitStatementsTest, LeavesOutCommentsThatAreNoPartOfAStatement) {
  EXPECT_THAT(Split("-- one; two\n/* three; */ # four;\n"), IsEmpty());
  EXPECT_THAT(Split("-- first\nselect 1;\n-- 'last"), ElementsAre("select 1"));
  EXPECT_THAT(Split("/*!40101 set names utf8mb4 */;"), ElementsAre("/*!40101 set names utf8mb4 */"));
}

TEST(SplitStatementsTest, KnowsTheLineOnWhichAStatementBegins) {
  const auto statements = SplitStatements("-- a\nuse a;\n\n/* b\n*/ create\ntable;", "001_x.sql");
  ASSERT_TRUE(statements.ok());
  EXPECT_THAT(*statements, ElementsAre(MigrationStatement{.sql = "use a", .line = 2},
                                       MigrationStatement{.sql = "create\ntable", .line = 5}));
}

TEST(SplitStatementsTest, RefusesWhatHasNoEndWithFileAndLine) {
  EXPECT_EQ(SplitError("use a;\nselect 'b;\n"), "001_x.sql:2: the ' is not closed");
  EXPECT_EQ(SplitError("use a;\n\nselect `b;\n"), "001_x.sql:3: the ` is not closed");
  EXPECT_EQ(SplitError("select 'b\\';"), "001_x.sql:1: the ' is not closed");
  EXPECT_EQ(SplitError("use a; /* b"), "001_x.sql:1: the comment has no end");
}

TEST(SplitStatementsTest, RefusesDelimiter) {
  EXPECT_THAT(SplitError("use a;\ndelimiter //\ncreate procedure"),
              HasSubstr("001_x.sql:2: DELIMITER is a command"));
  EXPECT_THAT(Split("select delimiter from a; select 1"), SizeIs(2));
}

std::string ParseError(std::vector<MigrationText> texts) {
  return std::string(ParseMigrations(std::move(texts)).status().message());
}

TEST(ParseMigrationsTest, OrdersFilesAndKnowsWhatEachCreates) {
  const auto migrations =
      ParseMigrations({{"002_more.sql", "create table if not exists a.`b` (c int);CREATE TABLE d(e int)"},
                       {"001_article_sys.sql", "use a"}});
  ASSERT_TRUE(migrations.ok()) << migrations.status();
  ASSERT_THAT(*migrations, SizeIs(2));
  const Migration &first = migrations->front(), &second = migrations->back();
  EXPECT_EQ(first.number, 1u);
  EXPECT_EQ(first.name, "article_sys");
  EXPECT_EQ(first.sha256, "ff15695726b3c39f8445bb48471656c6aebbe8e7edb692736baac651c5ada889");
  EXPECT_THAT(first.tables, IsEmpty());
  EXPECT_EQ(second.file, "002_more.sql");
  EXPECT_THAT(second.tables, ElementsAre("b", "d"));
}

TEST(ParseMigrationsTest, RefusesMalformedNamesGapsAndDuplicates) {
  for (const char* name : {"1_a.sql", "0001_a.sql", "001a.sql", "001_.sql", "001_A.sql", "001_a-b.sql",
                           "001_a.SQL", "a.sql", "0x1_a.sql"}) {
    EXPECT_THAT(ParseError({{name, "use a"}}), HasSubstr(std::string(name) + ": is not named as")) << name;
  }
  EXPECT_THAT(ParseError({{"002_b.sql", "use a"}}), HasSubstr("002_b.sql: there is no 001 before it"));
  EXPECT_THAT(ParseError({{"000_b.sql", "use a"}}), HasSubstr("000_b.sql: there is no 001 before it"));
  EXPECT_THAT(ParseError({{"001_a.sql", "use a"}, {"003_c.sql", "use a"}}),
              HasSubstr("003_c.sql: there is no 002"));
  EXPECT_THAT(ParseError({{"001_a.sql", "use a"}, {"001_b.sql", "use a"}}),
              HasSubstr("001_b.sql: has the number of 001_a.sql"));
  EXPECT_THAT(ParseError({{"001_a.sql", "-- nothing"}}), HasSubstr("001_a.sql: has no statement"));
}

TEST(ReadMigrationsTest, ReadsTheFilesOfAFolder) {
  const testing::TempDir dir;
  std::ofstream(dir.path("001_a.sql")) << "use a;";
  std::ofstream(dir.path("README.md")) << "not looked at";
  const auto migrations = ReadMigrations(dir.path());
  ASSERT_TRUE(migrations.ok()) << migrations.status();
  EXPECT_THAT(*migrations, SizeIs(1));
  std::ofstream(dir.path("003_c.sql")) << "use a;";
  EXPECT_THAT(std::string(ReadMigrations(dir.path()).status().message()), HasSubstr(dir.path("003_c.sql")));
  EXPECT_TRUE(absl::IsNotFound(ReadMigrations(dir.path("nowhere")).status()));
}

TEST(BuiltInMigrationsTest, AreTheFilesOfTheTree) {
  const auto& built_in = BuiltInMigrations();
  const auto in_tree = ReadMigrations(READCOUNT_SOURCE_DIR "/sql");
  ASSERT_TRUE(built_in.ok()) << built_in.status();
  ASSERT_TRUE(in_tree.ok()) << in_tree.status();
  ASSERT_EQ(built_in->size(), in_tree->size());
  for (size_t i = 0; i < in_tree->size(); ++i) {
    EXPECT_EQ((*built_in)[i].file, (*in_tree)[i].file);
    EXPECT_EQ((*built_in)[i].sha256, (*in_tree)[i].sha256);
  }
}

std::vector<Migration> TwoMigrations() {
  return *ParseMigrations(
      {{"001_a.sql", "create table t1 (id int)"}, {"002_b.sql", "create table t2 (id int)"}});
}

AppliedMigration Noted(const Migration& migration) {
  return {
      .name = migration.name, .sha256 = migration.sha256, .applied_at = "2026-01-02", .applied_by = "0.1.0"};
}

TEST(PendingMigrationsTest, AreThoseThatAreNotNoted) {
  const std::vector<Migration> all = TwoMigrations();
  EXPECT_THAT(*PendingMigrations(all, {}), SizeIs(2));
  EXPECT_THAT(*PendingMigrations(all, {{1, Noted(all[0])}}),
              ElementsAre(::testing::Field(&Migration::number, 2)));
  EXPECT_THAT(*PendingMigrations(all, {{1, Noted(all[0])}, {2, Noted(all[1])}}), IsEmpty());
}

TEST(PendingMigrationsTest, AreRefusedToAChangedFileAndToANewerDatabase) {
  const std::vector<Migration> all = TwoMigrations();
  AppliedMigrations applied = {{1, Noted(all[0])}};
  applied[1].sha256 = "beef";
  const absl::Status changed = PendingMigrations(all, applied).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(changed));
  EXPECT_THAT(std::string(changed.message()), HasSubstr("001_a.sql: is not what was applied at 2026-01-02"));
  const absl::Status newer =
      PendingMigrations(all, {{3, {.name = "later", .sha256 = "", .applied_at = "", .applied_by = "0.2.0"}}})
          .status();
  EXPECT_TRUE(absl::IsFailedPrecondition(newer));
  EXPECT_THAT(std::string(newer.message()), HasSubstr("migration 3 (later), applied by 0.2.0"));
}

TEST(CompareSchemaTest, TellsWhatIsMissingByNotesAndByTables) {
  const std::vector<Migration> all = TwoMigrations();
  const AppliedMigrations first = {{1, Noted(all[0])}};
  AppliedMigrations both = first;
  both[2] = Noted(all[1]);
  EXPECT_EQ(CompareSchema(all, {"t1", "t2"}, std::nullopt), SchemaState());
  EXPECT_EQ(CompareSchema(all, {"t1", "t2"}, both), SchemaState());
  EXPECT_EQ(CompareSchema(all, {"t1"}, std::nullopt), (SchemaState{.missing = {"2 (b)"}, .unknown = ""}));
  EXPECT_EQ(CompareSchema(all, {"t1", "t2"}, first), (SchemaState{.missing = {"2 (b)"}, .unknown = ""}));
  EXPECT_EQ(CompareSchema(all, {"t2"}, both), (SchemaState{.missing = {"1 (a)"}, .unknown = ""}));
  both[3] = {.name = "later", .sha256 = "", .applied_at = "", .applied_by = ""};
  EXPECT_EQ(CompareSchema(all, {"t1", "t2"}, both), (SchemaState{.missing = {}, .unknown = "3 (later)"}));
}

}  // namespace
}  // namespace readcount::mysql
