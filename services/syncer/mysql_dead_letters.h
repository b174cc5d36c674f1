#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/common/mysql/connection.h"
#include "services/syncer/batch.h"

namespace readcount {

// Writes letters of batch (life, epoch) into the dead letters, those already there left alone; one statement,
// in the caller's transaction if there is one. Errors are those of mysql::Connection.
absl::Status InsertDeadLetters(mysql::Connection& connection, uint64_t life, uint64_t epoch,
                               absl::Span<const DeadLetter> letters);

}  // namespace readcount
