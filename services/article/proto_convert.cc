#include "services/article/proto_convert.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <limits>

#include "services/common/durability/proto_convert.h"
#include "services/common/ledger/state.h"
#include "services/common/rpc/status.h"

namespace readcount {
namespace {

void SetTime(const std::optional<absl::Time>& from,
             google::protobuf::Timestamp* (v1::Article::*mutable_field)(), void (v1::Article::*clear)(),
             v1::Article& to) {
  if (!from.has_value()) return (to.*clear)();
  (to.*mutable_field)()->set_seconds(absl::ToUnixSeconds(*from));
}

void SetError(const absl::Status& from, v1::ItemError& to) {
  const grpc::Status status = ToGrpc(from);
  to.set_code(status.error_code());
  to.set_message(status.error_message());
}

v1::ArticleMode ToProto(ArticleMode mode) {
  switch (mode) {
    case ArticleMode::kNormal:
      return v1::ARTICLE_MODE_NORMAL;
    case ArticleMode::kRedisAwayViewsHeld:
      return v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD;
    case ArticleMode::kRedisAwayViewsRefused:
      return v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_REFUSED;
    case ArticleMode::kMysqlAway:
      return v1::ARTICLE_MODE_MYSQL_AWAY;
  }
  return v1::ARTICLE_MODE_UNSPECIFIED;
}

uint32_t ToMilliseconds(absl::Duration time) {
  constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::clamp<int64_t>(absl::ToInt64Milliseconds(time), 0, kMost));
}

std::string ErrorText(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace

void ToProto(const CountedArticle& from, v1::Article& to) {
  const Article& article = *from.article;
  to.set_id(article.id);
  to.set_title(article.title);
  to.set_read_count(from.read_count);
  to.set_content(article.content);
  to.set_author(article.author);
  SetTime(article.created_at, &v1::Article::mutable_created_at, &v1::Article::clear_created_at, to);
  SetTime(article.updated_at, &v1::Article::mutable_updated_at, &v1::Article::clear_updated_at, to);
  to.set_read_count_stale(from.count_stale);
  to.set_content_stale(from.content_stale);
  to.set_text_fresh_ms(ToMilliseconds(from.text_fresh_for));
}

void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, bool counts_only,
             v1::ArticleResult& to) {
  to.set_id(id);
  if (!from.ok()) {
    SetError(from.status(), *to.mutable_error());
  } else if (counts_only) {
    to.mutable_article()->set_id(id);
    to.mutable_article()->set_read_count(from->read_count);
    to.mutable_article()->set_read_count_stale(from->count_stale);
  } else {
    ToProto(*from, *to.mutable_article());
  }
}

void ToProto(uint64_t id, const absl::StatusOr<CountedArticle>& from, bool counts_only, v1::ViewResult& to) {
  to.set_id(id);
  if (!from.ok()) {
    SetError(from.status(), *to.mutable_error());
  } else if (counts_only) {
    to.set_read_count(from->read_count);
    to.set_read_count_stale(from->count_stale);
  } else {
    ToProto(*from, *to.mutable_article());
  }
}

void ToProto(const ArticleStatus& from, v1::ArticleServiceStatus& to) {
  to.set_mode(ToProto(from.mode));
  to.set_redis_error(ErrorText(from.recorder.redis));
  to.set_mysql_error(ErrorText(from.mysql));
  to.set_spool_error(ErrorText(from.recorder.spool));
  to.set_held_views(from.recorder.held_views);
  to.set_spool_bytes(from.spool_bytes);
  to.set_spool_max_bytes(from.spool_max_bytes);
  to.set_journal_entries(from.recorder.journal_entries);
  to.set_journal_max_entries(from.journal_max_entries);
  to.set_life_changes(from.recorder.life_changes);
  to.set_replayed_views(from.recorder.replayed_views);
  if (from.life != 0) to.set_life(FormatLife(from.life));
  ToProto(from.durability, *to.mutable_durability());
  to.set_version(READCOUNT_VERSION);
}

}  // namespace readcount
