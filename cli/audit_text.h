#pragma once

#include <ostream>
#include <string>

#include "readcount/v1/sync_service.pb.h"

namespace readcount::cli {

// The books as a table for people, and whether they balance. A figure that is as great as a message can hold
// may be greater, and so may sums with it.
void PrintBooks(const v1::AuditResponse& books, std::ostream& out);

// How many views are missing from books that do not balance, or too many: `missing: 7 views`.
std::string Imbalance(const v1::AuditResponse& books);

}  // namespace readcount::cli
