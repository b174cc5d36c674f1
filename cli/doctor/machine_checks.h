#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/doctor/diagnosis.h"
#include "services/common/config/settings.h"

namespace readcount::cli {

// Whether article.spool can be written, on a local disk: `spool`.
void CheckSpool(const Settings& settings, Diagnoses& found);

// Whether a program that is started from here may open as many files as its settings ask for: `descriptors`.
void CheckDescriptors(const Settings& settings, Diagnoses& found);

// Whether `allowed` files suffice for `connections`.
void JudgeDescriptors(const std::string& check, const std::string& who, uint64_t allowed, size_t connections,
                      Diagnoses& found);

}  // namespace readcount::cli
