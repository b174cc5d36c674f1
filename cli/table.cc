#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

constexpr char kGap[] = "  ";

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Plain(cell);
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(column.title.size());
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - std::min(widths[i], DisplayWidth(row[i])), ' ');
      if (i > 0) line += kGap;
      line += columns_[i].align == Align::kRight ? fill + row[i] : row[i] + fill;
    }
    absl::StripTrailingAsciiWhitespace(&line);
    out << line << '\n';
  };
  const bool titled =
      std::any_of(titles.begin(), titles.end(), [](const auto& title) { return !title.empty(); });
  if (titled) print(titles);
  for (const auto& row : rows_) print(row);
}

}  // namespace readcount::cli
