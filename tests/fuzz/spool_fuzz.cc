#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/article/sqlite_spool.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxBytes = 1 << 20;
constexpr uint64_t kWriter = ~uint64_t{0};
const std::vector<SpooledViews> kViews = {{.seq = 1, .id = 7, .views = 3},
                                          {.seq = 1, .id = ~uint64_t{0}, .views = 1},
                                          {.seq = 2, .id = 7, .views = 2}};

// A folder in memory, where there is one: a spool waits for the disk.
class Folder {
 public:
  Folder() {
    const fs::path shared = "/dev/shm";
    path_ = (fs::exists(shared) ? shared : fs::temp_directory_path()) /
            absl::StrCat("readcount-fuzz-spool.", getpid());
    fs::create_directory(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file() const { return path_ / "spool"; }
  void Write(const std::string& bytes) const {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove(entry.path());
    std::ofstream(file(), std::ios::binary) << bytes;
  }
  std::string Read() const {
    std::ifstream file_stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file_stream), std::istreambuf_iterator<char>()};
  }

 private:
  fs::path path_;
};

std::string MakeSound(const Folder& folder) {
  folder.Write("");
  {
    const auto spool = SqliteSpool::Open(folder.file(), kMaxBytes);
    fuzz::Require(spool.ok() && (*spool)->Add(kWriter, kViews).ok() && (*spool)->SetLife(kWriter, 5, {}).ok(),
                  "a spool can be made");
  }
  return folder.Read();
}

// Lines of a place, a tab and the byte to be there; then, from an empty line on, what replaces the start.
std::string Damage(std::string bytes, fuzz::Input input) {
  while (!input.done()) {
    const absl::string_view line = input.Line();
    if (line.empty()) {
      bytes.replace(0, std::min(bytes.size(), input.rest().size()), std::string(input.rest()));
      return bytes;
    }
    const size_t tab = std::min(line.find('\t'), line.size());
    size_t place = 0;
    if (absl::SimpleAtoi(line.substr(0, tab), &place) && tab + 1 < line.size()) {
      bytes[place % bytes.size()] = line[tab + 1];
    }
  }
  return bytes;
}

void RequireError(const absl::Status& status) {
  fuzz::Require(status.ok() || absl::IsUnavailable(status) || absl::IsResourceExhausted(status),
                "a damaged spool fails as the contract says");
}

void Use(Spool& spool, bool sound) {
  const auto writers = spool.Load();
  RequireError(writers.status());
  if (sound) {
    fuzz::Require(writers.ok() && writers->size() == 1 && (*writers)[0].writer == kWriter &&
                      (*writers)[0].life == 5 && (*writers)[0].views.size() == kViews.size(),
                  "a sound spool gives back what was put into it");
  }
  if (writers.ok()) {
    for (const SpooledWriter& writer : *writers) {
      fuzz::Require(!writer.views.empty(), "a writer that left nothing is not named");
    }
  }
  RequireError(spool.Add(3, kViews));
  RequireError(spool.Trim(kWriter, {.position = {.epoch = 1, .through_id = 9}, .seq = 1, .batch_seq = 2}));
  RequireError(spool.Drop(kWriter, 2));
  RequireError(spool.Load().status());
}

}  // namespace

int FuzzSpool(fuzz::Input input) {
  static const Folder folder;
  static const std::string sound = MakeSound(folder);
  const std::string bytes = Damage(sound, input);
  folder.Write(bytes);
  const auto spool = SqliteSpool::Open(folder.file(), kMaxBytes);
  if (spool.ok()) {
    Use(**spool, bytes == sound);
  } else {
    fuzz::Require(bytes != sound && absl::IsFailedPrecondition(spool.status()) &&
                      absl::StrContains(spool.status().message(), folder.file()),
                  "a spool that cannot be opened is named");
  }
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzSpool({data, size});
}
