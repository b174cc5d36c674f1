#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "services/common/config/settings.h"
#include "services/common/mysql/connection.h"
#include "services/common/redis/connection.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {

// A real redis-server of the test's own, on a unix socket. Data survive Kill and Start.
class RedisServer {
 public:
  RedisServer();

  // With `more` settings on its command line.
  void Start(const std::vector<std::string>& more = {});
  void Kill();  // SIGKILL
  void Signal(int signal) { process_->Signal(signal); }
  bool Running() { return process_->Running(); }

  // Where its files are.
  std::string directory() const { return dir_.path(); }

  // What is on disk, to be called between Kill and Start.
  void Empty();
  void TakeSnapshot();
  void PutBack();

  std::string url() const { return "unix://" + dir_.path("redis.sock"); }
  RedisSettings settings() const;

  // Runs one command; fails the test on an error reply.
  redis::Reply Command(const std::vector<std::string>& words);

  // Sends many commands of the same shape: HSET key field value for each pair.
  void SetFields(const std::string& key, const std::vector<std::pair<std::string, std::string>>& fields);

 private:
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<redis::Connection> connection_;
};

// A real mariadbd of the test's own, on a unix socket, with the schema of sql/ loaded. Data survive Kill and
// Start.
class MariadbServer {
 public:
  // With `more` settings on its command line.
  explicit MariadbServer(const std::vector<std::string>& more = {});

  void Start(const std::vector<std::string>& more = {});
  void Kill();  // SIGKILL
  void Signal(int signal) { process_->Signal(signal); }

  // Where its tables are.
  std::string data_directory() const { return dir_.path("data"); }

  std::string url() const;
  MysqlSettings settings() const;

  // Runs one statement; fails the test on an error.
  mysql::Result Query(const std::string& sql, std::initializer_list<mysql::Argument> arguments = {});

  // A number that a statement selects.
  uint64_t Number(const std::string& sql);

  // Runs the files of sql/ by the mariadb client, as an operator does.
  void LoadSchema();

  // The first `count` ids as articles, all counts zero, our own tables empty.
  void Reset(uint64_t count = 2);

 private:
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<mysql::Connection> connection_;
};

// One of each, started when first asked for and shared by all tests of the binary.
RedisServer& SharedRedis();
MariadbServer& SharedMariadb();

// Empties both, for the next test.
void ResetServers(uint64_t articles = 2);

}  // namespace readcount::testing
