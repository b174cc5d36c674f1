#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace readcount::cli {

// Text in columns, aligned, as wide as the widest cell; control characters become spaces. Not thread-safe.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column; what is missing is empty.
  void Add(std::vector<std::string> cells);

  // The titles, unless all are empty, and the rows.
  void Print(std::ostream& out) const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace readcount::cli
