#include "services/common/mysql/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/servers.h"

namespace readcount::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MigratorTest : public ::testing::Test {
 protected:
  MigratorTest() { Forget(); }
  ~MigratorTest() override {
    Forget();
    testing::SharedMariadb().LoadSchema();
  }

  // Into no database, for it comes and goes.
  static std::unique_ptr<Connection> Connect() {
    MysqlSettings settings = testing::SharedMariadb().settings();
    settings.dsn.database.clear();
    auto connection = Connection::Open(settings);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  static void Run(const std::string& sql) {
    const absl::Status status = Connect()->Command(sql);
    EXPECT_TRUE(status.ok()) << sql << ": " << status;
  }
  static std::vector<std::string> Column(const std::string& sql) {
    const auto result = Connect()->Execute(sql);
    EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
    std::vector<std::string> texts;
    if (result.ok()) {
      for (const std::vector<Field>& row : result->rows) texts.push_back(row.back().value_or("NULL"));
    }
    return texts;
  }
  static void Forget() { Run("DROP DATABASE IF EXISTS article_sys"); }

  static std::vector<Migration> Files() { return *ReadMigrations(READCOUNT_SOURCE_DIR "/sql"); }
  static Migrator MakeMigrator(std::vector<Migration> migrations, absl::Duration wait = absl::Seconds(60)) {
    return Migrator(
        {.mysql = testing::SharedMariadb().settings(), .applied_by = "readcount 1.2.3", .lock_wait = wait},
        std::move(migrations));
  }
  // The files that were applied.
  static std::vector<std::string> Apply(const std::vector<Migration>& migrations) {
    std::vector<std::string> files;
    const absl::Status status =
        MakeMigrator(migrations).Apply([&](const Migration& migration) { files.push_back(migration.file); });
    EXPECT_TRUE(status.ok()) << status;
    return files;
  }
  static absl::Status ApplyStatus(const std::vector<Migration>& migrations) {
    return MakeMigrator(migrations).Apply([](const Migration&) {});
  }

  // All tables with their columns and keys, and the rows that the files insert.
  static std::vector<std::string> Schema() {
    std::vector<std::string> schema;
    for (const std::string& table :
         Column("SELECT table_name FROM information_schema.tables WHERE table_schema = "
                "'article_sys' ORDER BY table_name")) {
      for (std::string& text : Column("SHOW CREATE TABLE article_sys." + table))
        schema.push_back(std::move(text));
    }
    for (std::string& title : Column("SELECT CONCAT(id, title) FROM article_sys.articles ORDER BY id"))
      schema.push_back(std::move(title));
    return schema;
  }
};

TEST_F(MigratorTest, BringsAnEmptyServerToTheWholeSchemaOnce) {
  const std::vector<Migration> files = Files();
  EXPECT_THAT(*MakeMigrator(files).ReadApplied(), IsEmpty());
  EXPECT_THAT(Apply(files), SizeIs(files.size()));
  EXPECT_THAT(Apply(files), IsEmpty());
  const absl::StatusOr<AppliedMigrations> applied = MakeMigrator(files).ReadApplied();
  ASSERT_TRUE(applied.ok()) << applied.status();
  ASSERT_THAT(*applied, SizeIs(files.size()));
  EXPECT_EQ(applied->at(2).name, "read_count");
  EXPECT_EQ(applied->at(2).sha256, files[1].sha256);
  EXPECT_EQ(applied->at(2).applied_by, "readcount 1.2.3, root@localhost");
  EXPECT_THAT(Column("SELECT ABS(TIMESTAMPDIFF(SECOND, MAX(applied_at), UTC_TIMESTAMP())) < 60 FROM "
                     "article_sys.read_count_migrations"),
              ElementsAre("1"));
  const auto connection = Connection::Open(testing::SharedMariadb().settings());
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(*ReadSchemaState(**connection, files), SchemaState());
}

TEST_F(MigratorTest, AdoptsADatabaseThatWasLoadedByHand) {
  testing::SharedMariadb().LoadSchema();
  Run("UPDATE article_sys.articles SET read_count = 7, title = 'kept' WHERE id = 1");
  Run("ALTER TABLE article_sys.articles COMMENT = 'the owner''s'");
  const std::vector<std::string> before = Schema();
  EXPECT_THAT(Apply(Files()), SizeIs(Files().size()));
  EXPECT_THAT(Column("SELECT read_count FROM article_sys.articles WHERE title = 'kept'"), ElementsAre("7"));
  Run("DROP TABLE article_sys.read_count_migrations");
  EXPECT_EQ(Schema(), before);
}

// As after a crash there: the statements before it are done, and nothing is noted of the file.
TEST_F(MigratorTest, EachFileMayBeRunAgainFromAnyOfItsStatements) {
  const std::vector<Migration> files = Files();
  Apply(files);
  const std::vector<std::string> whole = Schema();
  for (size_t file = 0; file < files.size(); ++file) {
    for (size_t done = 1; done <= files[file].statements.size(); ++done) {
      Forget();
      Apply({files.begin(), files.begin() + static_cast<std::ptrdiff_t>(file)});
      const auto connection = Connect();
      for (size_t i = 0; i < done; ++i) ASSERT_TRUE(connection->Command(files[file].statements[i].sql).ok());
      EXPECT_THAT(Apply(files), SizeIs(files.size() - file));
      EXPECT_EQ(Schema(), whole) << files[file].file << " after " << done << " statements";
    }
  }
}

TEST_F(MigratorTest, AFileThatFailsIsNamedWithItsLineAndRunAgainFromItsBeginning) {
  std::vector<MigrationText> texts = BuiltInMigrationTexts();
  const std::string name = absl::StrCat("00", texts.size() + 1, "_next.sql");
  const std::string begin = "use article_sys;\ncreate table if not exists next_one (id int);\n";
  texts.push_back({name, begin + "\ninsert into nowhere\nvalues (1);\n"});
  const absl::Status status = ApplyStatus(*ParseMigrations(texts));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(name + ":4: MySQL: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("run the migration again"));
  EXPECT_THAT(*MakeMigrator(Files()).ReadApplied(), SizeIs(texts.size() - 1));
  texts.back().text = begin + "select * from next_one;";
  EXPECT_THAT(Apply(*ParseMigrations(texts)), ElementsAre(name));
}

TEST_F(MigratorTest, AFileWhoseTablesAreGoneIsAppliedAgain) {
  const std::vector<Migration> files = Files();
  Apply(files);
  const auto whole = Schema();
  Run("DROP TABLE article_sys.read_count_dropped_letters");
  const absl::StatusOr<AppliedMigrations> applied = MakeMigrator(files).ReadApplied();
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_TRUE(applied->at(2).tables_there);
  EXPECT_FALSE(applied->at(3).tables_there);
  EXPECT_THAT(Apply(files), ElementsAre(files[2].file));
  EXPECT_EQ(Schema(), whole);
  EXPECT_THAT(Apply(files), IsEmpty());
}

TEST_F(MigratorTest, RefusesAFileThatWasChangedAfterItWasApplied) {
  Apply(Files());
  std::vector<MigrationText> texts = BuiltInMigrationTexts();
  texts[1].text += "\n-- a word more\n";
  const absl::Status status = ApplyStatus(*ParseMigrations(texts));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(texts[1].file + ": is not what was applied at "));
}

TEST_F(MigratorTest, RefusesADatabaseThatIsNewerThanTheProgram) {
  Apply(Files());
  Run("INSERT INTO article_sys.read_count_migrations VALUES (999, 'later', '', UTC_TIMESTAMP(6), 'readcount "
      "9.0.0')");
  const absl::Status status = ApplyStatus(Files());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 999 (later), applied by readcount 9.0.0"));
}

TEST_F(MigratorTest, RefusesAnotherDatabase) {
  MysqlSettings settings = testing::SharedMariadb().settings();
  settings.dsn.database = "mysql";
  const absl::Status status = Migrator({.mysql = settings}, Files()).Apply([](const Migration&) {});
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
}

TEST_F(MigratorTest, WaitsForAnotherMigratorAndSaysWhoItIs) {
  const auto other = Connect();
  const auto id = other->Execute("SELECT GET_LOCK('article_sys.read_count_migrations', 0), CONNECTION_ID()");
  ASSERT_TRUE(id.ok());
  const absl::Status status =
      MakeMigrator(Files(), absl::Seconds(1)).Apply([](const Migration&) { FAIL() << "not its turn"; });
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("connection " + *id->rows[0][1] + " of MySQL"));
}

TEST_F(MigratorTest, OfManyAtOnceOneAppliesEachFile) {
  constexpr int kMigrators = 6;
  std::vector<size_t> applied(kMigrators);
  std::vector<std::thread> threads;
  for (int i = 0; i < kMigrators; ++i)
    threads.emplace_back([&applied, i] { applied[i] = Apply(Files()).size(); });
  for (std::thread& thread : threads) thread.join();
  size_t total = 0;
  for (const size_t files : applied) total += files;
  EXPECT_EQ(total, Files().size());
}

}  // namespace
}  // namespace readcount::mysql
