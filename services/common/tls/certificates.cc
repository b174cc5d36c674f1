#include "services/common/tls/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/file.h"
#include "services/common/base/file_watch.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

// One file that a key of app.yaml names, to begin messages about it.
struct NamedFile {
  std::string place;  // `app.yaml:12: sync.tls_key`
  std::string path;

  absl::Status Fault(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(place, ": ", path, " ", what));
  }
};

absl::StatusOr<Bio> Open(const NamedFile& file) {
  const absl::StatusOr<std::string> text = ReadRegularFile(file.path);
  if (!text.ok()) return file.Fault(text.status().message());
  Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || BIO_write(bio.get(), text->data(), static_cast<int>(text->size())) < 0)
    return file.Fault("cannot be read");
  return bio;
}

// Nobody is there to type a password.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return 0;
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(const NamedFile& file) {
  absl::StatusOr<Bio> bio = Open(file);
  if (!bio.ok()) return bio.status();
  std::vector<Certificate> certificates;
  while (Certificate next{PEM_read_bio_X509(bio->get(), nullptr, NoPassword, nullptr)})
    certificates.push_back(std::move(next));
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.empty() || !at_end) return file.Fault("holds no certificate in PEM form, or a broken one");
  return certificates;
}

absl::StatusOr<PrivateKey> ReadKey(const NamedFile& file) {
  absl::StatusOr<Bio> bio = Open(file);
  if (!bio.ok()) return bio.status();
  PrivateKey key(PEM_read_bio_PrivateKey(bio->get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return file.Fault("holds no private key in PEM form, or an encrypted one");
  return key;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm civil = {};
  if (ASN1_TIME_to_tm(time, &civil) != 1) return absl::InfinitePast();
  return absl::FromTM(civil, absl::UTCTimeZone());
}

// Empty if the certificate is valid at `now`.
std::string FaultOfAge(const X509* certificate, absl::Time now) {
  const absl::Time begins = ToTime(X509_get0_notBefore(certificate));
  const absl::Time ends = ToTime(X509_get0_notAfter(certificate));
  const auto text = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
  };
  if (now > ends) return absl::StrCat("holds a certificate that has expired at ", text(ends), ": renew it");
  if (now < begins) {
    return absl::StrCat("holds a certificate that is not valid before ", text(begins),
                        ": check this machine's clock");
  }
  return "";
}

absl::Status CheckOwn(const NamedFile& certificate, const NamedFile& key, absl::Time now) {
  const absl::StatusOr<std::vector<Certificate>> chain = ReadCertificates(certificate);
  if (!chain.ok()) return chain.status();
  for (const Certificate& each : *chain) {
    if (const std::string fault = FaultOfAge(each.get(), now); !fault.empty())
      return certificate.Fault(fault);
  }
  const absl::StatusOr<PrivateKey> own = ReadKey(key);
  if (!own.ok()) return own.status();
  const bool match = X509_check_private_key(chain->front().get(), own->get()) == 1;
  ERR_clear_error();
  if (!match) return key.Fault(absl::StrCat("is not the key of the first certificate in ", certificate.path));
  if (OthersMayRead(key.path)) {
    Log(LogLevel::kWarning, "secret_readable_by_others",
        {{"place", key.place}, {"file", key.path}, {"what_to_do", absl::StrCat("chmod o-rwx ", key.path)}});
  }
  return absl::OkStatus();
}

// Of several one is enough, so that a new one can stand beside the old.
absl::Status CheckCa(const NamedFile& file, absl::Time now) {
  const absl::StatusOr<std::vector<Certificate>> certificates = ReadCertificates(file);
  if (!certificates.ok()) return certificates.status();
  const auto is_good = [now](const Certificate& each) { return FaultOfAge(each.get(), now).empty(); };
  if (std::any_of(certificates->begin(), certificates->end(), is_good)) return absl::OkStatus();
  return file.Fault(FaultOfAge(certificates->front().get(), now));
}

absl::Status Needs(const Settings& settings, absl::string_view key, absl::string_view other) {
  return absl::InvalidArgumentError(absl::StrCat(settings.Where(key), ": needs ", other, " as well"));
}

}  // namespace

absl::Status CheckTls(const Settings& settings, const TlsKeys& keys, const TlsSettings& tls, absl::Time now) {
  const bool server = keys.role == TlsKeys::Role::kServer;
  const bool has_certificate = !tls.certificate.empty(), has_key = !tls.key.empty(), has_ca = !tls.ca.empty();
  if (has_certificate && !has_key) return Needs(settings, keys.certificate, keys.key);
  if (has_key && !has_certificate) return Needs(settings, keys.key, keys.certificate);
  if (server && has_ca && !has_certificate) return Needs(settings, keys.ca, keys.certificate);
  if (!server && has_certificate && !has_ca) return Needs(settings, keys.certificate, keys.ca);
  if (has_certificate) {
    absl::Status own = CheckOwn({settings.Where(keys.certificate), tls.certificate},
                                {settings.Where(keys.key), tls.key}, now);
    if (!own.ok()) return own;
  }
  return has_ca ? CheckCa({settings.Where(keys.ca), tls.ca}, now) : absl::OkStatus();
}

absl::Status CheckMysqlTls(const Settings& settings, absl::Time now) {
  return CheckTls(settings, kMysqlTls, settings.mysql.dsn.tls, now);
}

std::vector<std::string> FilesOf(const TlsSettings& tls) {
  std::vector<std::string> files;
  for (const std::string* file : {&tls.certificate, &tls.key, &tls.ca}) {
    if (!file->empty()) files.push_back(*file);
  }
  return files;
}

void LogTlsChange(const Settings& settings, const TlsKeys& keys, const TlsSettings& tls, absl::Time now) {
  const absl::Status status = CheckTls(settings, keys, tls, now);
  if (status.ok()) {
    Log(LogLevel::kInfo, "certificates_read",
        {{"key", keys.certificate.empty() ? keys.ca : keys.certificate}});
  } else {
    Log(LogLevel::kError, "certificates_unusable", {{"status", status}});
  }
}

void WarnOfPlaintext(const Settings& settings, absl::string_view listen_key, const Address& listen,
                     const TlsSettings& tls, bool reachable) {
  if (!reachable || !tls.certificate.empty()) return;
  Log(LogLevel::kWarning, "no_tls",
      {{"place", settings.Where(listen_key)},
       {"address", listen.ToString()},
       {"why", "other machines can reach it, and whoever is on the way can read and change all"}});
}

}  // namespace readcount
