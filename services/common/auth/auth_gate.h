#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/auth/auth_tally.h"
#include "services/common/auth/token_store.h"
#include "services/common/config/settings.h"

namespace readcount {

// Who calls, as far as the server can tell.
struct Caller {
  std::vector<absl::string_view> authorization;  // values of the metadata of that name
  bool certified = false;                        // has shown a certificate that the client CA vouches for
  bool loopback = false;                         // is on this machine
};

// Decides who may call. Credentials are a token of the store, a verified client certificate, or the gate's
// own token, which never leaves the process: whoever presents it is the process itself. Thread-safe.
class AuthGate {
 public:
  enum class Access { kRead, kChange };

  // `certificates`: whether clients can show any. Without tokens and certificates everybody may do
  // everything, which RequireCredentials allows on loopback alone. `tokens` must outlive the gate.
  AuthGate(const TokenStore& tokens, bool certificates, AuthSettings::Reads reads);

  // UNAUTHENTICATED, saying what to send but no token.
  absl::Status Check(Access access, const Caller& caller);

  // For calls of the process to itself.
  const std::string& own_token() const { return own_token_; }

  const AuthTally& tally() const { return tally_; }

 private:
  bool Holds(absl::string_view authorization) const;

  const TokenStore& tokens_;
  const bool open_;  // nobody can have credentials
  const AuthSettings::Reads reads_;
  const std::string own_token_;
  AuthTally tally_;
};

// INVALID_ARGUMENT, naming place and key, if SyncService could be reached from other machines without
// credentials (`reachable`), or if reading it needed credentials that nobody can have.
absl::Status RequireCredentials(const Settings& settings, const TokenStore& tokens, bool reachable);

}  // namespace readcount
