#include "services/common/durability/proto_convert.h"

namespace readcount {
namespace {

v1::DurabilitySeverity ToProto(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::kNotice:
      return v1::DURABILITY_SEVERITY_NOTICE;
    case FindingSeverity::kWarning:
      return v1::DURABILITY_SEVERITY_WARNING;
    case FindingSeverity::kError:
      return v1::DURABILITY_SEVERITY_ERROR;
  }
  return v1::DURABILITY_SEVERITY_UNSPECIFIED;
}

}  // namespace

void ToProto(const Durability& from, v1::Durability& to) {
  to.set_level(from.level);
  for (const Finding& finding : from.findings) {
    v1::DurabilityFinding& added = *to.add_findings();
    added.set_severity(ToProto(finding.severity));
    added.set_text(finding.text);
  }
}

}  // namespace readcount
