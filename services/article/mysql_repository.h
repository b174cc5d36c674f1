#pragma once

#include "services/article/repository.h"
#include "services/common/mysql/pool.h"

namespace readcount {

// ArticleRepository on the MySQL pool. One set-based statement per call, whatever the number of ids.
class MysqlArticleRepository final : public ArticleRepository {
 public:
  // `pool` must outlive the repository. `datetime_offset` is the zone of the table's DATETIME columns.
  MysqlArticleRepository(mysql::Pool& pool, absl::Duration datetime_offset)
      : pool_(pool), datetime_offset_(datetime_offset) {}

  absl::StatusOr<std::vector<ArticleRow>> Load(uint64_t life, absl::Span<const uint64_t> ids,
                                               bool text) override;
  absl::StatusOr<std::vector<PageKey>> ListKeys(const PageQuery& query) override;
  absl::Status Ping() override;

 private:
  absl::StatusOr<mysql::Result> Select(absl::string_view sql, absl::Span<const mysql::Argument> arguments);
  std::shared_ptr<const Article> ToArticle(uint64_t id, absl::Span<mysql::Field> fields) const;
  std::optional<absl::Time> ToTime(const mysql::Field& field) const;

  mysql::Pool& pool_;
  const absl::Duration datetime_offset_;
};

}  // namespace readcount
