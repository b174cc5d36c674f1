#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace readcount::cli {

// What became of some views.
struct Outcomes {
  uint64_t acknowledged = 0;
  uint64_t refused = 0;     // certainly not counted
  uint64_t no_article = 0;  // of the refused: their article is not there
  uint64_t unknown = 0;     // the answer was lost: counted, once, or not
  std::string error;        // why not all were acknowledged, of one of them; empty if all were
  bool lost = false;        // the connection broke or could not be made

  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

// One connection over which views are sent. Not thread-safe.
class ViewSender {
 public:
  virtual ~ViewSender() = default;

  // Sends a view of each id and waits for the answers. Connects anew if the connection broke before.
  virtual Outcomes Send(const std::vector<uint64_t>& ids) = 0;

  // The most ids that Send takes.
  virtual size_t most_ids() const = 0;
};

using MakeSender = std::function<std::unique_ptr<ViewSender>()>;

}  // namespace readcount::cli
