#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>

#include "services/common/auth/auth_gate.h"
#include "services/common/config/settings.h"

namespace readcount {

// Credentials by the files of `tls`, which CheckTls has found sound; without any those of plaintext. gRPC
// reads the files again within a second of a change, for new connections. TLS 1.2 and later.
//
// A server with a CA asks clients for a certificate, and goes on with those that have none.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const TlsSettings& tls);

// A client takes only a server whose certificate is of the CA and of the name or address that is called.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const TlsSettings& tls);

// Who makes a call. Views into the context, which must outlive the result.
Caller CallerOf(const grpc::ServerContextBase& context);

}  // namespace readcount
