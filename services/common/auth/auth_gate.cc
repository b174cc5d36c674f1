#include "services/common/auth/auth_gate.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/auth/bearer.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

constexpr size_t kOwnTokenBytes = 32;

std::string RandomToken() {
  std::array<unsigned char, kOwnTokenBytes> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    Log(LogLevel::kError, "no_random_bytes");
    std::abort();
  }
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

AuthGate::AuthGate(const TokenStore& tokens, bool certificates, AuthSettings::Reads reads)
    : tokens_(tokens),
      open_(!tokens.configured() && !certificates),
      reads_(reads),
      own_token_(RandomToken()) {}

absl::Status AuthGate::Check(Access access, const Caller& caller) {
  if (open_ || caller.certified) return absl::OkStatus();
  if (std::any_of(caller.authorization.begin(), caller.authorization.end(),
                  [this](absl::string_view value) { return Holds(value); }))
    return absl::OkStatus();
  if (access == Access::kRead && (reads_ == AuthSettings::Reads::kEveryone ||
                                  (reads_ == AuthSettings::Reads::kLoopback && caller.loopback)))
    return absl::OkStatus();
  if (caller.authorization.empty()) {
    tally_.missing.Add();
    return absl::UnauthenticatedError(
        "this call needs credentials: send the metadata `authorization: Bearer <token>` with a token of "
        "auth.tokens or auth.tokens_file, or connect with a certificate of sync.tls_client_ca");
  }
  tally_.wrong.Add();
  return absl::UnauthenticatedError(
      "the metadata `authorization` is wrong: it must be `Bearer <token>` with a token that auth.tokens or "
      "auth.tokens_file holds now");
}

bool AuthGate::Holds(absl::string_view authorization) const {
  const std::optional<absl::string_view> token = BearerToken(authorization);
  if (!token.has_value()) return false;
  const bool own = token->size() == own_token_.size() &&
                   CRYPTO_memcmp(token->data(), own_token_.data(), own_token_.size()) == 0;
  return own || tokens_.Holds(*token);
}

absl::Status RequireCredentials(const Settings& settings, const TokenStore& tokens, bool reachable) {
  if (tokens.configured() || !settings.sync.tls.ca.empty()) return absl::OkStatus();
  if (settings.auth.reads == AuthSettings::Reads::kCredentials) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.Where("auth.reads"),
                     ": nobody has credentials: set auth.tokens, auth.tokens_file or sync.tls_client_ca"));
  }
  if (!reachable) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      settings.Where("sync.listen"), ": ", settings.sync.listen.ToString(),
      " can be reached from other machines, and anybody there could run syncs: set auth.tokens or "
      "auth.tokens_file, or sync.tls_client_ca for client certificates, or listen on 127.0.0.1"));
}

}  // namespace readcount
