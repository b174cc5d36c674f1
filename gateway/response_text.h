#pragma once

#include <string>

#include "gateway/http.h"

namespace readcount::gateway {

struct Framing {
  bool head_only = false;  // the answer to HEAD: the body's length but not the body
  bool keep_alive = false;
  bool http_1_0 = false;  // the client must be told that the connection stays
};

// Writes a whole HTTP/1.1 response into `out`, whose memory is used again.
void RenderResponse(const Response& response, const Framing& framing, std::string& out);

}  // namespace readcount::gateway
