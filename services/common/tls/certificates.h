#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/config/settings.h"

namespace readcount {

// The keys of app.yaml that hold a TlsSettings, for messages about it.
struct TlsKeys {
  enum class Role { kServer, kClient };

  Role role = Role::kServer;
  absl::string_view certificate, key, ca;
};
inline constexpr TlsKeys kArticleTls = {TlsKeys::Role::kServer, "article.tls_certificate", "article.tls_key",
                                        "article.tls_client_ca"};
inline constexpr TlsKeys kSyncTls = {TlsKeys::Role::kServer, "sync.tls_certificate", "sync.tls_key",
                                     "sync.tls_client_ca"};
inline constexpr TlsKeys kGatewayTls = {TlsKeys::Role::kServer, "gateway.tls_certificate", "gateway.tls_key",
                                        ""};
inline constexpr TlsKeys kServicesTls = {TlsKeys::Role::kClient, "gateway.services_certificate",
                                         "gateway.services_key", "gateway.services_ca"};
inline constexpr TlsKeys kMysqlTls = {TlsKeys::Role::kClient, "mysql.dsn", "mysql.dsn", "mysql.dsn"};

// OK if the files can be used, or none is named. INVALID_ARGUMENT with place, key, file and what to do: a
// file that is not there, no regular file or not PEM, a certificate that has expired or is not valid yet, a
// key that is encrypted or of another certificate, a file without its companion. A key that others may read
// is a warning in the log.
absl::Status CheckTls(const Settings& settings, const TlsKeys& keys, const TlsSettings& tls, absl::Time now);

// The same of what mysql.dsn names.
absl::Status CheckMysqlTls(const Settings& settings, absl::Time now);

// Those that are named.
std::vector<std::string> FilesOf(const TlsSettings& tls);

// Logs how the files are after they have changed; what uses them reads them by itself.
void LogTlsChange(const Settings& settings, const TlsKeys& keys, const TlsSettings& tls, absl::Time now);

// A warning in the log if an address that other machines can reach (`reachable`) is served without TLS.
void WarnOfPlaintext(const Settings& settings, absl::string_view listen_key, const Address& listen,
                     const TlsSettings& tls, bool reachable);

}  // namespace readcount
