#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/config/dsn.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {
namespace {

constexpr absl::string_view kSecret = "hunter2hunter2";

std::string Encoded(absl::string_view text) {
  std::string encoded;
  for (const unsigned char byte : text) absl::StrAppendFormat(&encoded, "%%%02x", byte);
  return encoded;
}

void RequireSame(const Dsn& one, const absl::StatusOr<Dsn>& other) {
  fuzz::Require(other.ok() && one.user == other->user && one.password == other->password &&
                    one.host == other->host && one.port == other->port && one.socket == other->socket &&
                    one.database == other->database,
                "a DSN that is encoded anew means the same");
}

std::string Login(const Dsn& dsn) {
  return absl::StrCat(Encoded(dsn.user), ":", Encoded(dsn.password), "@");
}

std::string Server(const Dsn& dsn) {
  if (!dsn.socket.empty()) return Login(dsn);
  const bool bare = absl::StrContains(dsn.host, ']');
  return absl::StrCat(Login(dsn), bare ? "" : "[", dsn.host, bare ? "" : "]", ":", dsn.port);
}

void CheckMysql(absl::string_view text) {
  const absl::StatusOr<Dsn> dsn = ParseMysqlDsn(text);
  if (!dsn.ok()) return;
  fuzz::Require(dsn->host.empty() != dsn->socket.empty(), "a server is a host or a socket");
  fuzz::Require(!dsn->host.empty() == (dsn->port != 0), "a host has a port");
  fuzz::Require(!dsn->database.empty(), "MySQL's database has a name");
  const std::string socket = dsn->socket.empty() ? "" : "?socket=" + Encoded(dsn->socket);
  RequireSame(*dsn,
              ParseMysqlDsn(absl::StrCat("mysql://", Server(*dsn), "/", Encoded(dsn->database), socket)));
}

void CheckRedis(absl::string_view text) {
  const absl::StatusOr<Dsn> dsn = ParseRedisDsn(text);
  if (!dsn.ok()) return;
  fuzz::Require(dsn->host.empty() != dsn->socket.empty(), "a server is a host or a socket");
  int database = -1;
  fuzz::Require(absl::SimpleAtoi(dsn->database, &database) && database >= 0, "Redis' database is a number");
  if (dsn->socket.empty()) {
    RequireSame(*dsn, ParseRedisDsn(absl::StrCat("redis://", Server(*dsn), "/", database)));
  } else {
    RequireSame(*dsn, ParseRedisDsn(absl::StrCat("unix://", Login(*dsn), "/", Encoded(dsn->socket.substr(1)),
                                                 "?db=", database)));
  }
}

// Whatever stands around it in the password, encoded or not.
void CheckSecret(const absl::StatusOr<Dsn>& dsn) {
  fuzz::Require(!absl::StrContains(dsn.ok() ? dsn->ForDisplay() : dsn.status().message(), kSecret),
                "a password is not shown");
}

}  // namespace

int FuzzDsn(fuzz::Input input) {
  const std::string before(input.Line());
  const std::string after(input.Line());
  CheckSecret(ParseMysqlDsn(absl::StrCat("mysql://user:", before, kSecret, after, "@host/article_sys")));
  CheckSecret(ParseRedisDsn(absl::StrCat("redis://:", before, kSecret, after, "@host/0")));
  CheckMysql(input.rest());
  CheckRedis(input.rest());
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzDsn({data, size});
}
