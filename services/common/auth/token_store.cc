#include "services/common/auth/token_store.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/file.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

constexpr char kListKey[] = "auth.tokens", kFileKey[] = "auth.tokens_file";
// Shorter ones may be guessed.
constexpr size_t kLeastGoodLength = 16;

// b64token of RFC 6750, section 2.1.
bool IsToken(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) {
    return absl::ascii_isalnum(byte) || absl::StrContains("-._~+/=", byte);
  });
}

absl::Status NoToken(absl::string_view where) {
  return absl::InvalidArgumentError(absl::StrCat(
      where, ": is no token: letters, digits and -._~+/= only, for example of `openssl rand -hex 32`"));
}

void WarnOfShort(absl::string_view key, const std::vector<std::string>& tokens) {
  const auto is_short = [](const std::string& token) { return token.size() < kLeastGoodLength; };
  const auto found = std::count_if(tokens.begin(), tokens.end(), is_short);
  if (found == 0) return;
  Log(LogLevel::kWarning, "short_token",
      {{"key", key}, {"tokens", found}, {"what_to_do", "make tokens by `openssl rand -hex 32`"}});
}

void WarnOfReaders(const std::string& file) {
  if (!OthersMayRead(file)) return;
  Log(LogLevel::kWarning, "secret_readable_by_others",
      {{"key", kFileKey}, {"file", file}, {"what_to_do", absl::StrCat("chmod o-rwx ", file)}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(const Settings& settings) {
  std::unique_ptr<TokenStore> store(new TokenStore(settings));
  if (absl::Status status = store->ReadList(settings); !status.ok()) return status;
  WarnOfShort(kListKey, store->listed_);
  if (store->file_.empty()) {
    store->Take({});
    return store;
  }
  absl::StatusOr<std::vector<std::string>> of_file = store->ReadFile();
  if (of_file.ok() && of_file->empty())
    of_file = absl::InvalidArgumentError(absl::StrCat(store->file_, ": holds no token: write one on a line"));
  if (!of_file.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.Where(kFileKey), ": ", of_file.status().message()));
  }
  WarnOfReaders(store->file_);
  WarnOfShort(kFileKey, *of_file);
  store->Take(*of_file);
  store->watch_.Start([&store = *store] { store.ReadFileAgain(); });
  return store;
}

TokenStore::TokenStore(const Settings& settings)
    : file_(settings.auth.tokens_file),
      configured_(!file_.empty() || !settings.auth.tokens.empty()),
      watch_({file_}) {}

absl::Status TokenStore::ReadList(const Settings& settings) {
  for (absl::string_view token : absl::StrSplit(settings.auth.tokens, ',', absl::SkipEmpty())) {
    token = absl::StripAsciiWhitespace(token);
    if (token.empty() || !IsToken(token)) return NoToken(settings.Where(kListKey));
    listed_.emplace_back(token);
  }
  if (listed_.empty() && !settings.auth.tokens.empty()) return NoToken(settings.Where(kListKey));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TokenStore::ReadFile() const {
  const absl::StatusOr<std::string> text = ReadRegularFile(file_);
  if (!text.ok()) return absl::InvalidArgumentError(absl::StrCat(file_, ": ", text.status().message()));
  std::vector<std::string> tokens;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    const absl::string_view token = absl::StripAsciiWhitespace(line);
    if (token.empty() || token[0] == '#') continue;
    if (!IsToken(token)) return NoToken(absl::StrCat(file_, ":", number));
    tokens.emplace_back(token);
  }
  return tokens;
}

// A file that is emptied lets nobody in; one that is broken or gone leaves things as they were, and says so.
void TokenStore::ReadFileAgain() {
  const absl::StatusOr<std::vector<std::string>> of_file = ReadFile();
  if (!of_file.ok()) {
    return Log(LogLevel::kError, "tokens_not_read",
               {{"key", kFileKey}, {"status", of_file.status()}, {"what_holds", "the tokens read before"}});
  }
  WarnOfReaders(file_);
  WarnOfShort(kFileKey, *of_file);
  Take(*of_file);
  Log(LogLevel::kInfo, "tokens_read", {{"key", kFileKey}, {"tokens", of_file->size()}});
}

void TokenStore::Take(const std::vector<std::string>& of_file) {
  std::vector<Digest> digests;
  for (const std::vector<std::string>* tokens : {&std::as_const(listed_), &of_file}) {
    for (const std::string& token : *tokens) digests.push_back(DigestOf(token));
  }
  absl::MutexLock lock(&mutex_);
  digests_ = std::move(digests);
  first_ = !listed_.empty() ? listed_.front() : of_file.empty() ? "" : of_file.front();
}

TokenStore::Digest TokenStore::DigestOf(absl::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

bool TokenStore::Holds(absl::string_view token) const {
  const Digest given = DigestOf(token);
  bool found = false;
  absl::MutexLock lock(&mutex_);
  for (const Digest& digest : digests_)
    found |= CRYPTO_memcmp(given.data(), digest.data(), digest.size()) == 0;
  return found;
}

std::string TokenStore::First() const {
  absl::MutexLock lock(&mutex_);
  return first_;
}

}  // namespace readcount
