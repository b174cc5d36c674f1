#include "services/common/auth/auth_tally.h"

namespace readcount {
namespace {

constexpr MetricSpec kRefused = {
    "readcount_auth_refused_total", MetricKind::kCounter,
    "Calls or requests that were refused because credentials were missing or wrong, by reason."};

}  // namespace

void AuthTally::Collect(MetricSink& sink) const {
  sink.Add(kRefused, missing.value(), {{"reason", "missing"}});
  sink.Add(kRefused, wrong.value(), {{"reason", "wrong"}});
}

}  // namespace readcount
