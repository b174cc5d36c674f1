#pragma once

#include <string>

namespace readcount {

// Files for TLS, in PEM form; empty ones are not used.
struct TlsSettings {
  std::string certificate;  // one's own, the intermediate ones behind it
  std::string key;          // of the certificate, not encrypted
  std::string ca;           // whose certificates a peer may show
};

}  // namespace readcount
