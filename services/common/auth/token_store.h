#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/file_watch.h"
#include "services/common/config/settings.h"

namespace readcount {

// The bearer tokens that let a caller in, several at a time so that one can follow another: those of
// auth.tokens, and those of auth.tokens_file, which is read again when it changes. Thread-safe.
class TokenStore {
 public:
  // INVALID_ARGUMENT, naming place and key but no token: a token that no header can carry, a file that cannot
  // be read, is no regular file or holds none. A file that others may read is a warning in the log, and so
  // are short tokens.
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const Settings& settings);

  // True if tokens are asked for. It stays so when the file is emptied: then none is right.
  bool configured() const { return configured_; }

  // Takes as long for a wrong token as for a right one.
  bool Holds(absl::string_view token) const;

  // The one to present to other servers: the first, of auth.tokens before those of the file; empty if there
  // is none.
  std::string First() const;

 private:
  using Digest = std::array<unsigned char, 32>;  // SHA-256: equally long for all tokens

  explicit TokenStore(const Settings& settings);

  static Digest DigestOf(absl::string_view token);
  absl::Status ReadList(const Settings& settings);
  absl::StatusOr<std::vector<std::string>> ReadFile() const;
  void ReadFileAgain();
  void Take(const std::vector<std::string>& of_file);

  const std::string file_;
  const bool configured_;
  std::vector<std::string> listed_;  // the same after Open

  mutable absl::Mutex mutex_;
  std::vector<Digest> digests_ ABSL_GUARDED_BY(mutex_);
  std::string first_ ABSL_GUARDED_BY(mutex_);

  FileWatch watch_;  // last: its thread uses what stands above
};

}  // namespace readcount
