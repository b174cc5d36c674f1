#pragma once

#include "readcount/v1/durability.pb.h"
#include "services/common/durability/durability.h"

namespace readcount {

void ToProto(const Durability& from, v1::Durability& to);

}  // namespace readcount
