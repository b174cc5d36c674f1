#pragma once

#include "absl/status/statusor.h"
#include "readcount/v1/article_service.pb.h"
#include "services/article/article.h"
#include "services/article/service_status.h"

namespace readcount {

// The domain's answers as messages of the API. Of an article each field is set or cleared, whatever `to` held
// before.
void ToProto(const CountedArticle& from, v1::Article& to);
void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, bool counts_only,
             v1::ArticleResult& to);
void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, bool counts_only, v1::ViewResult& to);
void ToProto(const ArticleStatus& from, v1::ArticleServiceStatus& to);

}  // namespace readcount
