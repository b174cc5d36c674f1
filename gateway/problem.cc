#include "gateway/problem.h"

#include "gateway/json.h"
#include "gateway/reason_phrase.h"

namespace readcount::gateway {

void RenderProblem(Response& response, absl::string_view request_id) {
  response.content_type = "application/problem+json";
  response.body = ProblemJson({.http_status = response.status,
                               .title = ReasonPhrase(response.status),
                               .code = static_cast<int>(response.error->code()),
                               .detail = response.error->message(),
                               .request_id = request_id});
}

}  // namespace readcount::gateway
