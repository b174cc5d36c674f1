#pragma once

#include <filesystem>
#include <string>

namespace readcount::testing {

// A new directory under /tmp, removed with all it holds at the end. Its path is short enough for unix
// sockets.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace readcount::testing
