#pragma once

#include <cstdint>
#include <string>

#include "tests/support/temp_dir.h"

namespace readcount::testing {

// Puts a directory on a disk of its own, which a test can fill: a tmpfs that only this process and those that
// it starts afterwards see, and that goes with them, however they end. Not thread-safe.
class SmallDisk {
 public:
  // Lets this process mount. Empty, or the reason why it may not. To be called first of all: a user other
  // than root must have no other threads yet.
  static std::string Prepare();

  // Copies the files of `directory` to the disk, on which `spare` bytes are left, and mounts it there. Nobody
  // may be using the directory. Throws std::runtime_error.
  SmallDisk(std::string directory, uint64_t spare);

  // The directory is as it was before. Nobody may be using it.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Takes all the space that is left, or gives it back.
  void Fill() const;
  void Free() const;

 private:
  std::string Filler() const { return directory_ + "/filler"; }

  const std::string directory_;
};

}  // namespace readcount::testing
