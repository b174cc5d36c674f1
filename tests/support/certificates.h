#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace readcount::testing {

// A certificate and its key, in PEM form.
struct Issued {
  std::string certificate, key;

  // Writes them as `<path>.pem` and `<path>.key`, each in one step, as whoever renews certificates does.
  void Write(const std::string& path) const;
};

// A certificate authority of the test's own.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "test authority");
  ~CertificateAuthority();

  struct Wish {
    std::string name = "test";
    // As openssl writes them; servers' tests listen there.
    std::string alternative_names = "IP:127.0.0.1,DNS:localhost";
    absl::Time from = absl::Now() - absl::Hours(1);
    absl::Time until = absl::Now() + absl::Hours(1);
  };
  Issued Issue() const { return Issue(Wish()); }
  Issued Issue(const Wish& wish) const;
  Issued IssueExpired() const;

  // Its own certificate, in PEM form.
  std::string certificate() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Replaces a file in one step; only the owner may read it, or everybody.
void ReplaceFile(const std::string& path, const std::string& text, bool readable_by_all = false);

}  // namespace readcount::testing
