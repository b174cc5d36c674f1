#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "readcount/v1/article_service.pb.h"
#include "readcount/v1/sync_service.pb.h"

namespace readcount::gateway {

// The bodies of the REST API, all in the envelope {"code":0,"message":"ok","data":…}. Ids and counts are JSON
// numbers of up to 64 bits, times RFC 3339 in UTC. Fields that mark something stale stand only where they are
// true. Whatever goes in, JSON comes out: bytes that are not UTF-8 become U+FFFD, numbers that are not finite
// null.
std::string ArticleJson(const v1::Article& article);

// The body of an article but for its count, made once for many answers.
struct ArticleText {
  std::string json;     // as far as the end of what never changes
  size_t count_at = 0;  // where the count belongs
};
ArticleText MakeArticleText(const v1::Article& article);

// The same body as ArticleJson of an article with that text, id and count.
std::string ArticleJson(const ArticleText& text, uint64_t read_count, bool read_count_stale);
std::string ArticlesJson(const v1::ListArticlesResponse& page);
std::string SyncStatusJson(const v1::SyncStatus& status);
std::string SyncRunJson(const v1::SyncRun& run);
std::string SyncRunsJson(const v1::ListSyncRunsResponse& page);
std::string AuditJson(const v1::AuditResponse& books);
std::string ArticleStatusJson(const v1::ArticleServiceStatus& status);
std::string ReadinessJson(bool ready, absl::string_view article_service, absl::string_view sync_service);
std::string AliveJson();
std::string ErrorJson(int code, absl::string_view message);

// The data of events, without the envelope.
std::string CountJson(uint64_t id, uint64_t read_count, bool stale);
std::string IdJson(uint64_t id);
std::string StatusEventJson(const v1::SyncStatus& status);
std::string UnavailableJson(int code, absl::string_view message);

// An error as RFC 9457 has it, without the envelope: {"type":"about:blank","title":…,"status":…,"detail":…}
// and as its extensions "code", gRPC's, and "request_id".
struct Problem {
  int http_status = 0;
  absl::string_view title;
  int code = 0;
  absl::string_view detail;
  absl::string_view request_id;
};
std::string ProblemJson(const Problem& problem);

}  // namespace readcount::gateway
