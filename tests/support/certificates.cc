#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace readcount::testing {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

void Require(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL cannot make a certificate");
}

std::string Text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string ToPem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Text(bio);
}

std::string ToPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Text(bio);
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate Draft(const std::string& name, EVP_PKEY* key, absl::Time from, absl::Time until) {
  static std::atomic<long> serial = absl::ToUnixSeconds(absl::Now());
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(until));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

struct CertificateAuthority::Impl {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority(const std::string& name) : impl_(std::make_unique<Impl>()) {
  impl_->key.reset(EVP_EC_gen("P-256"));
  Require(impl_->key != nullptr);
  impl_->certificate =
      Draft(name, impl_->key.get(), absl::Now() - absl::Hours(24), absl::Now() + absl::Hours(24));
  X509* own = impl_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  AddExtension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(own, own, NID_subject_key_identifier, "hash");
  Require(X509_sign(own, impl_->key.get(), EVP_sha256()) > 0);
}

CertificateAuthority::~CertificateAuthority() = default;

Issued CertificateAuthority::Issue(const Wish& wish) const {
  const Key key(EVP_EC_gen("P-256"));
  Require(key != nullptr);
  const Certificate certificate = Draft(wish.name, key.get(), wish.from, wish.until);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get()));
  if (!wish.alternative_names.empty())
    AddExtension(certificate.get(), impl_->certificate.get(), NID_subject_alt_name, wish.alternative_names);
  Require(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  return {.certificate = ToPem(certificate.get()), .key = ToPem(key.get())};
}

Issued CertificateAuthority::IssueExpired() const {
  return Issue({.from = absl::Now() - absl::Hours(20), .until = absl::Now() - absl::Hours(10)});
}

std::string CertificateAuthority::certificate() const {
  return ToPem(impl_->certificate.get());
}

void Issued::Write(const std::string& path) const {
  ReplaceFile(path + ".key", key);
  ReplaceFile(path + ".pem", certificate);
}

void ReplaceFile(const std::string& path, const std::string& text, bool readable_by_all) {
  using std::filesystem::perms;
  const std::string draft = path + ".new";
  std::ofstream(draft) << text;
  const perms others = readable_by_all ? perms::group_read | perms::others_read : perms::none;
  std::filesystem::permissions(draft, perms::owner_read | perms::owner_write | others);
  std::filesystem::rename(draft, path);
}

}  // namespace readcount::testing
