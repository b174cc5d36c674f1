// The sync that tutorials of this job teach, to compare with: reads the whole hash, then for each article one
// autocommitted UPDATE, then HINCRBY by what was read. Loses or doubles views when it is interrupted. Prints
// the articles and the seconds as JSON.

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/config/dsn.h"
#include "services/common/mysql/connection.h"
#include "services/common/redis/connection.h"

namespace readcount::bench {
namespace {

constexpr absl::string_view kHash = "article_sys:read_count:hash";

absl::StatusOr<size_t> SyncOnce(redis::Connection& redis, mysql::Connection& mysql) {
  const absl::StatusOr<redis::Reply> hash = redis.Command({"HGETALL", kHash});
  if (!hash.ok()) return hash.status();
  size_t articles = 0;
  for (size_t i = 0; i + 1 < hash->elements.size(); i += 2) {
    uint64_t id = 0;
    int64_t views = 0;
    if (!absl::SimpleAtoi(hash->elements[i].text, &id) ||
        !absl::SimpleAtoi(hash->elements[i + 1].text, &views))
      return absl::InvalidArgumentError(absl::StrCat("field ", hash->elements[i].text, " is no number"));
    const absl::StatusOr<mysql::Result> updated =
        mysql.Execute("UPDATE articles SET read_count = read_count + ? WHERE id = ?", {views, id});
    if (!updated.ok()) return updated.status();
    const absl::StatusOr<redis::Reply> taken =
        redis.Command({"HINCRBY", kHash, hash->elements[i].text, absl::StrCat(-views)});
    if (!taken.ok()) return taken.status();
    ++articles;
  }
  return articles;
}

int Run(const std::string& redis_url, const std::string& mysql_url) {
  const absl::StatusOr<Dsn> redis_dsn = ParseRedisDsn(redis_url);
  const absl::StatusOr<Dsn> mysql_dsn = ParseMysqlDsn(mysql_url);
  if (!redis_dsn.ok() || !mysql_dsn.ok()) {
    std::cerr << "bench_tutorial_sync: " << redis_dsn.status() << " " << mysql_dsn.status() << "\n";
    return 1;
  }
  auto redis = redis::Connection::Open({.dsn = *redis_dsn, .reply_timeout = absl::Minutes(1)});
  auto mysql = mysql::Connection::Open({.dsn = *mysql_dsn});
  if (!redis.ok() || !mysql.ok()) {
    std::cerr << "bench_tutorial_sync: " << redis.status() << " " << mysql.status() << "\n";
    return 1;
  }
  const auto begin = std::chrono::steady_clock::now();
  const absl::StatusOr<size_t> articles = SyncOnce(**redis, **mysql);
  if (!articles.ok()) {
    std::cerr << "bench_tutorial_sync: " << articles.status() << "\n";
    return 1;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  absl::PrintF("{\"articles\":%d,\"seconds\":%.3f}\n", *articles, seconds.count());
  return 0;
}

}  // namespace
}  // namespace readcount::bench

int main(int argc, char** argv) {
  CLI::App app("Moves the counts from Redis to MySQL article by article");
  std::string redis_url, mysql_url;
  app.add_option("--redis", redis_url, "redis://host:port/db")->required();
  app.add_option("--mysql", mysql_url, "mysql://user:password@host:port/article_sys")->required();
  CLI11_PARSE(app, argc, argv);
  return readcount::bench::Run(redis_url, mysql_url);
}
