#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/command.h"

namespace readcount::cli {

// What a client shows to a service.
struct Credentials {
  std::string token;             // sent as `authorization: Bearer …`, to the sync service alone; empty: none
  bool tls = false;              // the three below are PEM texts
  std::string ca;                // trusted roots; empty: the system's
  std::string certificate, key;  // the client's own; empty: none
};

// Where a service is, and how it is called.
struct Endpoint {
  std::string name;     // for messages: "the sync service"
  std::string address;  // host:port
  std::string option;   // that names another address
  Credentials credentials;
  absl::Duration timeout;  // of one call
};

// As the options say, or else gateway.article_service, gateway.sync_service and gateway.listen of the
// configuration. Only the sync service is shown a token: the others ask for none, and whoever listens on the
// way to them shall not have it. INVALID_ARGUMENT if what is needed cannot be read: the configuration, a
// token or PEM file.
absl::StatusOr<Endpoint> ArticleEndpoint(const Context& context);
absl::StatusOr<Endpoint> SyncEndpoint(const Context& context);
absl::StatusOr<Endpoint> GatewayEndpoint(const Context& context);

// The token of --token-file, or else of READCOUNT_TOKEN, or else the first of auth.tokens or of
// auth.tokens_file.
absl::StatusOr<std::string> ReadToken(const Context& context, const Settings& settings);

// TLS as its options say, or else as the gateway speaks it to the services (gateway.services_ca and so on).
absl::StatusOr<Credentials> ReadTlsCredentials(const Context& context, const Settings& settings);

}  // namespace readcount::cli
