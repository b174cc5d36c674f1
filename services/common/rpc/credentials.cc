#include "services/common/rpc/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <optional>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/common/base/ip_address.h"

namespace readcount {
namespace {

constexpr unsigned kReadFilesSeconds = 1;
constexpr char kAuthorization[] = "authorization";

std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> Watch(const TlsSettings& tls) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(tls.key, tls.certificate,
                                                                              tls.ca, kReadFilesSeconds);
}

// As grpc::ServerContext::peer has it: ipv4:127.0.0.1:4711 or ipv6:[::1]:4711, with the brackets escaped or
// not.
std::optional<IpAddress> AddressOf(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) return std::nullopt;
  return IpAddress::ParseWithPort(absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}, {"%3A", ":"}}));
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const TlsSettings& tls) {
  if (tls.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(Watch(tls));
  options.watch_identity_key_cert_pairs();
  if (!tls.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const TlsSettings& tls) {
  if (tls.ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(tls));
  options.watch_root_certs();
  if (!tls.certificate.empty()) options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

Caller CallerOf(const grpc::ServerContextBase& context) {
  Caller caller;
  const auto [begin, end] = context.client_metadata().equal_range(kAuthorization);
  for (auto value = begin; value != end; ++value)
    caller.authorization.emplace_back(value->second.data(), value->second.size());
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  caller.certified = peer != nullptr && peer->IsPeerAuthenticated();
  const std::optional<IpAddress> address = AddressOf(context.peer());
  caller.loopback = address.has_value() && address->is_loopback();
  return caller;
}

}  // namespace readcount
