#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <stdexcept>

namespace readcount::testing {

TempDir::TempDir() {
  char pattern[] = "/tmp/readcount.XXXXXX";
  if (mkdtemp(pattern) == nullptr) throw std::runtime_error("no temporary directory can be made in /tmp");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace readcount::testing
