#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace readcount::gateway {

// Proactive negotiation by RFC 9110, section 12.5. Each header comes as one list, its lines joined by commas;
// empty says nothing and accepts everything. Members that cannot be read are passed over, and a list of none
// but those says nothing either. Names are compared whatever their case.

// How much the client of that Accept wants `type`, in thousandths: 0 is not at all. The most specific range
// that takes the type decides; parameters other than q are not compared. As old clients write them, `*` is
// `*/*` and
// `.2` is 0.2.
int MediaQuality(absl::string_view accept, absl::string_view type);

// The type that the client wants most, of those it wants alike the first; empty if it accepts none, which is
// 406.
absl::string_view BestMediaType(absl::string_view accept, absl::Span<const absl::string_view> offered);

// True if errors are to be application/problem+json: it is named, not only taken by a wildcard, and wanted no
// less than application/json.
bool PrefersProblem(absl::string_view accept);

// True if a body may be gzipped: Accept-Encoding names gzip, x-gzip or *, the name before the *, and does not
// want identity more.
bool AcceptsGzip(absl::string_view accept_encoding);

}  // namespace readcount::gateway
