#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http.h"
#include "gateway/request_check.h"

namespace readcount::gateway {

// The HTTP library's request head as the gateway's own.
using BeastRequest = boost::beast::http::request_header<>;

RequestHead ToHead(const BeastRequest& request);

// INVALID_ARGUMENT if the target is none.
absl::StatusOr<Request> ToRequest(const BeastRequest& request);

absl::string_view ToView(boost::beast::string_view text);

}  // namespace readcount::gateway
