#include "gateway/https_context.h"

#include <openssl/ssl.h>

#include <boost/system/error_code.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/log.h"
#include "services/common/tls/certificates.h"

namespace readcount::gateway {

namespace ssl = boost::asio::ssl;

absl::StatusOr<std::unique_ptr<HttpsContext>> HttpsContext::Open(const Settings& settings) {
  if (settings.gateway.tls.certificate.empty() && settings.gateway.tls.key.empty()) return nullptr;
  std::unique_ptr<HttpsContext> https(new HttpsContext(settings));
  absl::StatusOr<Context> context = https->Read();
  if (!context.ok()) return context.status();
  {
    absl::MutexLock lock(&https->mutex_);
    https->context_ = *std::move(context);
  }
  https->watch_.Start([&https = *https] { https.ReadAgain(); });
  return https;
}

HttpsContext::HttpsContext(const Settings& settings)
    : settings_(settings), watch_(FilesOf(settings.gateway.tls)) {}

absl::StatusOr<HttpsContext::Context> HttpsContext::Read() const {
  const TlsSettings& tls = settings_.gateway.tls;
  if (absl::Status status = CheckTls(settings_, kGatewayTls, tls, SystemClock().Now()); !status.ok())
    return status;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Tickets let clients resume; what the server would remember of them would only cost memory.
  SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
  boost::system::error_code error;
  context->use_certificate_chain_file(tls.certificate, error);
  if (!error) context->use_private_key_file(tls.key, ssl::context::pem, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(settings_.Where(kGatewayTls.certificate), ": ",
                                                   tls.certificate, " cannot be used: ", error.message()));
  }
  return context;
}

void HttpsContext::ReadAgain() {
  absl::StatusOr<Context> context = Read();
  if (!context.ok()) {
    return Log(LogLevel::kError, "certificates_unusable",
               {{"status", context.status()}, {"what_holds", "the certificate read before"}});
  }
  Log(LogLevel::kInfo, "certificates_read", {{"key", kGatewayTls.certificate}});
  absl::MutexLock lock(&mutex_);
  context_.swap(*context);
}

HttpsContext::Context HttpsContext::current() const {
  absl::MutexLock lock(&mutex_);
  return context_;
}

}  // namespace readcount::gateway
