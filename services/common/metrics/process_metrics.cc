#include "services/common/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace readcount {
namespace {

constexpr MetricSpec kBuildInfo = {"readcount_build_info", MetricKind::kGauge,
                                   "Always 1; the version that runs, and what compiled it."};
constexpr MetricSpec kCpu = {"process_cpu_seconds_total", MetricKind::kCounter,
                             "User and system CPU time spent, in seconds."};
constexpr MetricSpec kOpenFds = {"process_open_fds", MetricKind::kGauge, "Open file descriptors."};
constexpr MetricSpec kMaxFds = {"process_max_fds", MetricKind::kGauge,
                                "Most file descriptors that may be open."};
constexpr MetricSpec kVirtual = {"process_virtual_memory_bytes", MetricKind::kGauge,
                                 "Virtual memory, in bytes."};
constexpr MetricSpec kResident = {"process_resident_memory_bytes", MetricKind::kGauge,
                                  "Memory that is held in RAM, in bytes."};
constexpr MetricSpec kThreads = {"process_threads", MetricKind::kGauge, "Threads."};
constexpr MetricSpec kStart = {"process_start_time_seconds", MetricKind::kGauge,
                               "When the process began, in seconds since the Unix epoch."};

// Fields of /proc/self/stat that are of use, as proc(5) describes them.
struct Stat {
  double user_ticks = 0;
  double system_ticks = 0;
  double threads = 0;
  double start_ticks = 0;  // after boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

Stat ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The second field, the name in parentheses, may hold anything.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  Stat stat;
  std::string word;
  for (int field = 3; fields >> word; ++field) {
    const auto number = [&word] { return std::strtod(word.c_str(), nullptr); };
    if (field == 14) stat.user_ticks = number();
    if (field == 15) stat.system_ticks = number();
    if (field == 20) stat.threads = number();
    if (field == 22) stat.start_ticks = number();
    if (field == 23) stat.virtual_bytes = number();
    if (field == 24) stat.resident_pages = number();
  }
  return stat;
}

// In seconds since the Unix epoch; 0 if it is not told.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double time = 0;
  while (file >> word) {
    if (word == "btime" && file >> time) return time;
  }
  return 0;
}

double OpenFiles() {
  std::error_code error;
  double files = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++files;
  }
  // One of them is the directory itself.
  return files > 0 ? files - 1 : 0;
}

double MostFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void ProcessMetrics::Collect(MetricSink& sink) const {
  const Stat stat = ReadStat();
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  sink.Add(kBuildInfo, 1, {{"version", READCOUNT_VERSION}, {"compiler", __VERSION__}});
  sink.Add(kCpu, (stat.user_ticks + stat.system_ticks) / ticks_per_second);
  sink.Add(kOpenFds, OpenFiles());
  sink.Add(kMaxFds, MostFiles());
  sink.Add(kVirtual, stat.virtual_bytes);
  sink.Add(kResident, stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  sink.Add(kThreads, stat.threads);
  sink.Add(kStart, BootTime() + stat.start_ticks / ticks_per_second);
}

}  // namespace readcount
