#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>

#include "absl/status/status.h"
#include "cli/endpoint.h"

namespace readcount::cli {

// A channel to the endpoint, by TLS if its credentials say so. Connects when it is first used.
std::shared_ptr<grpc::Channel> MakeChannel(const Endpoint& endpoint);

// Gives a call the endpoint's token; PrepareCall its timeout as well, which streams do without.
void PrepareStream(grpc::ClientContext& call, const Endpoint& endpoint);
void PrepareCall(grpc::ClientContext& call, const Endpoint& endpoint);

// How a call ended, with the code that it had and a message that names the service and says what to do.
absl::Status Explained(const grpc::Status& status, const Endpoint& endpoint);

}  // namespace readcount::cli
