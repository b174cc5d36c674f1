#pragma once

#include "readcount/v1/sync_service.pb.h"
#include "services/syncer/books.h"
#include "services/syncer/dead_letter_box.h"
#include "services/syncer/status_board.h"

namespace readcount {

// The domain's answers as messages of the API.
void ToProto(const RunRecord& from, v1::SyncRun& to);
void ToProto(const SyncSnapshot& from, v1::SyncStatus& to);
void ToProto(const AuditReport& from, absl::Time read_at, v1::AuditResponse& to);
void ToProto(const KeptLetter& from, v1::DeadLetter& to);

// The text that stands in the table, one of those in batch.h; empty for what is no reason.
absl::string_view FromProto(v1::DeadLetterReason reason);

}  // namespace readcount
