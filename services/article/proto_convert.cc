#include "services/article/proto_convert.h"

#include <google/protobuf/timestamp.pb.h>

#include "services/common/rpc/status.h"

namespace readcount {
namespace {

void SetTime(const std::optional<absl::Time>& from,
             google::protobuf::Timestamp* (v1::Article::*mutable_field)(), v1::Article& to) {
  if (from.has_value()) (to.*mutable_field)()->set_seconds(absl::ToUnixSeconds(*from));
}

void SetError(const absl::Status& from, v1::ItemError& to) {
  const grpc::Status status = ToGrpc(from);
  to.set_code(status.error_code());
  to.set_message(status.error_message());
}

}  // namespace

void ToProto(const CountedArticle& from, v1::Article& to) {
  const Article& article = *from.article;
  to.set_id(article.id);
  to.set_title(article.title);
  to.set_read_count(from.read_count);
  to.set_content(article.content);
  to.set_author(article.author);
  SetTime(article.created_at, &v1::Article::mutable_created_at, to);
  SetTime(article.updated_at, &v1::Article::mutable_updated_at, to);
  to.set_read_count_stale(from.count_stale);
  to.set_content_stale(from.content_stale);
}

void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, v1::ArticleResult& to) {
  to.set_id(id);
  if (from.ok()) {
    ToProto(*from, *to.mutable_article());
  } else {
    SetError(from.status(), *to.mutable_error());
  }
}

void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, bool counts_only, v1::ViewResult& to) {
  to.set_id(id);
  if (!from.ok()) {
    SetError(from.status(), *to.mutable_error());
  } else if (counts_only) {
    to.set_read_count(from->read_count);
  } else {
    ToProto(*from, *to.mutable_article());
  }
}

}  // namespace readcount
