#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <string>

#include "tests/faults/fault_case.h"

namespace readcount::testing {
namespace {

// Set by deploy/faults.
constexpr char kSeconds[] = "READCOUNT_FAULTS_SECONDS";  // how long new cases begin
constexpr char kSeed[] = "READCOUNT_FAULTS_SEED";        // of the first case; each next one has the next
constexpr char kReport[] = "READCOUNT_FAULTS_REPORT";    // file to write at the end
constexpr int kShortForm = 20;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::stoull(value) : otherwise;
}

void PrintTable(std::ostream& out, const std::string& title, const std::map<std::string, uint64_t>& counts) {
  out << "\n| " << title << " | times |\n| --- | ---: |\n";
  for (const auto& [name, count] : counts) out << "| " << name << " | " << count << " |\n";
}

void WriteReport(std::ostream& out, uint64_t first_seed, std::chrono::seconds took, const FaultTally& tally) {
  out << "# Faults injected at random\n\n"
      << "| | |\n| --- | ---: |\n"
      << "| first seed | " << first_seed << " |\n"
      << "| cases | " << tally.cases << " |\n"
      << "| seconds | " << took.count() << " |\n"
      << "| kills (kill -9) | " << tally.TotalKills() << " |\n"
      << "| views acknowledged | " << tally.acknowledged << " |\n"
      << "| views whose answer was lost | " << tally.unknown << " |\n"
      << "| acknowledged views that MySQL lacks | " << tally.missing << " |\n"
      << "| views in MySQL beyond those sent | " << tally.surplus << " |\n";
  PrintTable(out, "kill -9 of", tally.kills);
  PrintTable(out, "of these, at the step", tally.steps);
  PrintTable(out, "other faults", tally.others);
}

TEST(FaultSchedule, BooksBalanceAfterEveryCase) {
  using std::chrono::steady_clock;
  const uint64_t first_seed = FromEnvironment(kSeed, std::random_device()());
  const auto begin = steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begin);
  };
  const auto most = std::chrono::seconds(FromEnvironment(kSeconds, kShortForm));
  FaultTally all;
  for (uint64_t seed = first_seed; !HasFailure() && (seed == first_seed || elapsed() < most); ++seed) {
    all.Add(FaultCase(seed).Run());
    if (HasFailure()) std::cout << "to see this case again: deploy/faults --case " << seed << "\n";
    std::cout << elapsed().count() << " s  case " << seed << "  kills " << all.TotalKills() << "  views "
              << all.acknowledged << "  missing " << all.missing << "  surplus " << all.surplus << std::endl;
  }
  WriteReport(std::cout, first_seed, elapsed(), all);
  if (const char* report = std::getenv(kReport); report != nullptr) {
    std::ofstream file(report);
    WriteReport(file, first_seed, elapsed(), all);
  }
}

}  // namespace
}  // namespace readcount::testing
