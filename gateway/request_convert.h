#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http.h"
#include "gateway/request_check.h"

namespace readcount::gateway {

// The HTTP library's request head as the gateway's own.
using BeastRequest = boost::beast::http::request_header<>;

RequestHead ToHead(const BeastRequest& request);

// How many Grpc-Metadata-* headers are taken, and how many bytes of names and values in all: gRPC servers
// refuse calls with more than 8 KiB.
inline constexpr size_t kMaxMetadata = 16;
inline constexpr size_t kMaxMetadataBytes = 4096;

// INVALID_ARGUMENT if the target is none. Of headers that may stand only once, Authorization takes the first,
// and X-Request-Id and traceparent none of several. Metadata that gRPC would not take, that is named as what
// the gateway itself sends, or that is too much, is passed over.
absl::StatusOr<Request> ToRequest(const BeastRequest& request);

absl::string_view ToView(boost::beast::string_view text);

}  // namespace readcount::gateway
