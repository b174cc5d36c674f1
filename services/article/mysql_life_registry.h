#pragma once

#include "services/article/life_registry.h"
#include "services/common/mysql/pool.h"

namespace readcount {

// LifeRegistry on the MySQL pool, which must outlive it.
class MysqlLifeRegistry final : public LifeRegistry {
 public:
  explicit MysqlLifeRegistry(mysql::Pool& pool) : pool_(pool) {}

  absl::StatusOr<WriterStanding> Read(uint64_t life, uint64_t writer) override;
  absl::StatusOr<WriterStanding> Close(uint64_t life, uint64_t writer) override;

 private:
  mysql::Pool& pool_;
};

}  // namespace readcount
