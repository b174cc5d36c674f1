#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/config/tls_settings.h"

namespace readcount {

// Where a server is and how to log in, from a URL:
//   mysql://user:password@host:3306/article_sys mysql://user@localhost/article_sys?socket=/run/mysqld.sock
//   mysql://user@host/article_sys?ssl_ca=/etc/ca.pem&ssl_cert=/etc/own.pem&ssl_key=/etc/own.key&ssl_verify=yes
//   redis://:password@host:6379/0                     unix:///run/redis.sock?db=0 (Redis only)
// User and password are percent-decoded; / and ? in them must be percent-encoded; IPv6 hosts stand in
// brackets.
struct Dsn {
  std::string user;
  std::string password;
  std::string host;      // empty when `socket` is set
  uint16_t port = 0;     // the scheme's default when the URL has none
  std::string socket;    // path of a unix socket; empty for TCP
  std::string database;  // MySQL: its name, required. Redis: its number, "0" by default

  // MySQL: any ssl_… parameter asks for TLS, and a server without it is not used. `tls_verify`: its
  // certificate must be of the CA and of the host's name.
  bool uses_tls = false;
  bool tls_verify = true;
  TlsSettings tls;

  // The URL's gist without the password, for logs and messages: `127.0.0.1:6379/0`.
  std::string ForDisplay() const;
};

// INVALID_ARGUMENT with a message that says which part is wrong; it never repeats the password.
absl::StatusOr<Dsn> ParseMysqlDsn(absl::string_view url);
absl::StatusOr<Dsn> ParseRedisDsn(absl::string_view url);

}  // namespace readcount
