#include "tests/support/servers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "absl/functional/function_ref.h"
#include "tests/support/await.h"

namespace readcount::testing {
namespace {

constexpr absl::Duration kStartTime = absl::Seconds(60);

// Servers cannot tell when they are ready: asks until `ready` or the process has ended.
void WaitUntil(ChildProcess& process, const std::string& log, absl::FunctionRef<bool()> ready) {
  bool running = true;
  const auto is_over = [&] { return ready() || !(running = process.Running()); };
  if (!Await(is_over, kStartTime) || !running) {
    throw std::runtime_error("a server did not start:\n" + ReadFile(log));
  }
}

int Run(const std::vector<std::string>& command, const std::string& log) {
  return ChildProcess(command, log).Wait();
}

// A database directory made once per build and copied for each server.
std::string MariadbTemplate() {
  const std::string path = std::string(READCOUNT_BUILD_DIR) + "/mariadb-template";
  const int lock = open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  flock(lock, LOCK_EX);
  if (!std::filesystem::exists(path + "/complete")) {
    std::filesystem::remove_all(path);
    const int status = Run({"mariadb-install-db", "--no-defaults", "--datadir=" + path, "--skip-test-db",
                            "--auth-root-authentication-method=normal", "--innodb-log-file-size=16M"},
                           path + ".log");
    if (status != 0) throw std::runtime_error("mariadb-install-db failed:\n" + ReadFile(path + ".log"));
    std::filesystem::create_directory(path + "/complete");
  }
  close(lock);
  return path;
}

}  // namespace

// A write to a server that was killed must be an error, as in the programs, not the end of the test.
RedisServer::RedisServer() {
  std::signal(SIGPIPE, SIG_IGN);
  Start();
}

RedisSettings RedisServer::settings() const {
  RedisSettings settings;
  settings.dsn_text = url();
  settings.dsn = *ParseRedisDsn(url());
  return settings;
}

void RedisServer::Empty() {
  std::filesystem::remove_all(dir_.path("appendonlydir"));
}

void RedisServer::TakeSnapshot() {
  std::filesystem::remove_all(dir_.path("snapshot"));
  std::filesystem::copy(dir_.path("appendonlydir"), dir_.path("snapshot"),
                        std::filesystem::copy_options::recursive);
}

void RedisServer::PutBack() {
  Empty();
  std::filesystem::copy(dir_.path("snapshot"), dir_.path("appendonlydir"),
                        std::filesystem::copy_options::recursive);
}

void RedisServer::Start(const std::vector<std::string>& more) {
  std::vector<std::string> command = {"redis-server",
                                      "--port",
                                      "0",
                                      "--unixsocket",
                                      dir_.path("redis.sock"),
                                      "--dir",
                                      dir_.path(),
                                      "--appendonly",
                                      "yes",
                                      "--appendfsync",
                                      "always",
                                      "--save",
                                      ""};
  command.insert(command.end(), more.begin(), more.end());
  process_ = std::make_unique<ChildProcess>(command, dir_.path("redis.log"));
  WaitUntil(*process_, dir_.path("redis.log"), [this] {
    auto opened = redis::Connection::Open(settings());
    if (!opened.ok()) return false;
    connection_ = *std::move(opened);
    return connection_->Command({"PING"}).ok();
  });
}

void RedisServer::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

redis::Reply RedisServer::Command(const std::vector<std::string>& words) {
  redis::Words encoded;
  for (const std::string& word : words) encoded.Add(absl::string_view(word));
  absl::StatusOr<redis::Reply> reply = connection_->Command(encoded);
  EXPECT_TRUE(reply.ok()) << reply.status();
  return reply.ok() ? *std::move(reply) : redis::Reply();
}

void RedisServer::SetFields(const std::string& key,
                            const std::vector<std::pair<std::string, std::string>>& fields) {
  constexpr size_t kPerCommand = 1000;
  for (size_t i = 0; i < fields.size(); i += kPerCommand) {
    std::vector<std::string> words = {"HSET", key};
    for (size_t k = i; k < std::min(i + kPerCommand, fields.size()); ++k) {
      words.push_back(fields[k].first);
      words.push_back(fields[k].second);
    }
    Command(words);
  }
}

MariadbServer::MariadbServer(const std::vector<std::string>& more) {
  std::filesystem::copy(MariadbTemplate(), dir_.path("data"), std::filesystem::copy_options::recursive);
  Start(more);
  LoadSchema();
}

std::string MariadbServer::url() const {
  return "mysql://root@localhost/article_sys?socket=" + dir_.path("my.sock");
}

MysqlSettings MariadbServer::settings() const {
  MysqlSettings settings;
  settings.dsn_text = url();
  settings.dsn = *ParseMysqlDsn(url());
  return settings;
}

void MariadbServer::Start(const std::vector<std::string>& more) {
  std::vector<std::string> command = {
      "/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--datadir=" + dir_.path("data"),
      "--socket=" + dir_.path("my.sock"), "--pid-file=" + dir_.path("my.pid"),
      // Each that starts removes the temporary tables of others in /tmp.
      "--tmpdir=" + dir_.path("data"), "--skip-networking", "--character-set-server=utf8mb4",
      "--innodb-log-file-size=16M", "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=1"};
  command.insert(command.end(), more.begin(), more.end());
  process_ = std::make_unique<ChildProcess>(command, dir_.path("my.log"));
  WaitUntil(*process_, dir_.path("my.log"), [this] {
    MysqlSettings any = settings();
    any.dsn.database = "mysql";
    return mysql::Connection::Open(any).ok();
  });
  connection_.reset();
}

void MariadbServer::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

void MariadbServer::LoadSchema() {
  for (const char* file : {"001_article_sys.sql", "002_read_count.sql", "003_dropped_letters.sql"}) {
    const std::string command = "mariadb --no-defaults -u root -S " + dir_.path("my.sock") + " < " +
                                READCOUNT_SOURCE_DIR "/sql/" + file;
    EXPECT_EQ(Run({"sh", "-c", command}, dir_.path("client.log")), 0) << ReadFile(dir_.path("client.log"));
  }
}

mysql::Result MariadbServer::Query(const std::string& sql, std::initializer_list<mysql::Argument> arguments) {
  if (connection_ == nullptr || !connection_->usable()) {
    auto opened = mysql::Connection::Open(settings());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    connection_ = *std::move(opened);
  }
  absl::StatusOr<mysql::Result> result = connection_->Execute(sql, arguments);
  EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
  return result.ok() ? *std::move(result) : mysql::Result();
}

uint64_t MariadbServer::Number(const std::string& sql) {
  const mysql::Result result = Query(sql);
  return result.rows.empty() ? 0 : mysql::ToUint64(result.rows[0][0]);
}

void MariadbServer::Reset(uint64_t count) {
  for (const char* table :
       {"articles", "read_count_positions", "read_count_writers", "read_count_dead_letters",
        "read_count_dropped_letters", "read_count_sync_runs"}) {
    Query(std::string("TRUNCATE TABLE ") + table);
  }
  // A table that MariaDB makes up: one row per number.
  Query(
      "INSERT INTO articles (id, title, content, author, created_at) "
      "SELECT seq, CONCAT('title ', seq), 'text', IF(seq % 2, 'ann', 'bob'), '2024-12-08 10:10:00' + "
      "INTERVAL seq SECOND "
      "FROM seq_1_to_" +
      std::to_string(count));
}

RedisServer& SharedRedis() {
  static RedisServer server;
  return server;
}

MariadbServer& SharedMariadb() {
  static MariadbServer server;
  return server;
}

void ResetServers(uint64_t articles) {
  SharedRedis().Command({"FLUSHALL"});
  SharedMariadb().Reset(articles);
}

}  // namespace readcount::testing
