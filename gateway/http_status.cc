#include "gateway/http_status.h"

#include <array>

namespace readcount::gateway {
namespace {

struct Row {
  absl::StatusCode code;
  int http_status;
};

constexpr int kInternalServerError = 500;

constexpr std::array kRows = {
    Row{absl::StatusCode::kOk, 200},
    Row{absl::StatusCode::kCancelled, 499},
    Row{absl::StatusCode::kUnknown, 500},
    Row{absl::StatusCode::kInvalidArgument, 400},
    Row{absl::StatusCode::kDeadlineExceeded, 504},
    Row{absl::StatusCode::kNotFound, 404},
    Row{absl::StatusCode::kAlreadyExists, 409},
    Row{absl::StatusCode::kPermissionDenied, 403},
    Row{absl::StatusCode::kResourceExhausted, 429},
    Row{absl::StatusCode::kFailedPrecondition, 400},
    Row{absl::StatusCode::kAborted, 409},
    Row{absl::StatusCode::kOutOfRange, 400},
    Row{absl::StatusCode::kUnimplemented, 501},
    Row{absl::StatusCode::kInternal, 500},
    Row{absl::StatusCode::kUnavailable, 503},
    Row{absl::StatusCode::kDataLoss, 500},
    Row{absl::StatusCode::kUnauthenticated, 401},
};

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row.http_status;
  }
  return kInternalServerError;
}

absl::string_view ReasonPhrase(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace readcount::gateway
