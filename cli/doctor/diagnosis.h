#pragma once

#include <string>
#include <utility>
#include <vector>

namespace readcount::cli {

enum class Verdict {
  kOk,
  kWarning,  // works now, but views or secrets may be lost, or it will not work under load
  kProblem,  // does not work, or views may be thrown away without any crash
};

// What one check of doctor found.
struct Diagnosis {
  std::string check;  // a stable name, dotted: redis.clock
  Verdict verdict = Verdict::kOk;
  std::string seen;
  std::string to_do;  // empty where nothing is to be done
};

// Collects what checks find.
class Diagnoses {
 public:
  void Ok(std::string check, std::string seen) { Add({std::move(check), Verdict::kOk, std::move(seen), ""}); }
  void Warn(std::string check, std::string seen, std::string to_do) {
    Add({std::move(check), Verdict::kWarning, std::move(seen), std::move(to_do)});
  }
  void Problem(std::string check, std::string seen, std::string to_do) {
    Add({std::move(check), Verdict::kProblem, std::move(seen), std::move(to_do)});
  }
  void Add(Diagnosis diagnosis) { all_.push_back(std::move(diagnosis)); }

  const std::vector<Diagnosis>& all() const { return all_; }

 private:
  std::vector<Diagnosis> all_;
};

}  // namespace readcount::cli
