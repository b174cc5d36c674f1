#include "cli/audit_text.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "absl/strings/str_cat.h"
#include "cli/format.h"
#include "cli/table.h"
#include "services/common/base/wide.h"

namespace readcount::cli {
namespace {

// The service tells what is greater as the greatest that the message can hold.
bool MayBeMore(WideViews views) {
  return views == std::numeric_limits<int64_t>::max() || views == std::numeric_limits<int64_t>::min();
}

std::string Figure(int64_t views) {
  return absl::StrCat(Grouped(views), !MayBeMore(views) ? "" : views > 0 ? " or more" : " or less");
}

std::string Sum(std::initializer_list<WideViews> terms) {
  if (std::any_of(terms.begin(), terms.end(), MayBeMore)) return "beyond what can be shown";
  WideViews sum = 0;
  for (const WideViews term : terms) sum += term;
  return Grouped(sum);
}

}  // namespace

void PrintBooks(const v1::AuditResponse& books, std::ostream& out) {
  Table table({{.title = ""}, {.title = "", .align = Table::Align::kRight}, {.title = ""}});
  table.Add({"views recorded by article services", Figure(books.recorded())});
  table.Add({"+ added to the hash by others", Figure(books.added_by_others())});
  table.Add({"- taken out of the hash by others", Figure(books.taken_by_others())});
  table.Add({"= to be found",
             Sum({books.recorded(), books.added_by_others(), -WideViews(books.taken_by_others())})});
  table.Add({});
  table.Add({"applied to articles.read_count in MySQL", Figure(books.applied())});
  table.Add({"+ sealed in Redis, on their way", Figure(books.sealed())});
  table.Add({"+ live in Redis", Figure(books.live())});
  table.Add({"+ among the dead letters", Figure(books.dead_lettered()),
             absl::StrCat("in ", Counted(books.dead_letters(), "letter"))});
  table.Add({"= found", Sum({books.applied(), books.sealed(), books.live(), books.dead_lettered()})});
  table.Add({});
  table.Add({"difference", Figure(books.difference()), books.difference() == 0 ? "the books balance" : ""});
  table.Print(out);
  out << "read at " << Moment(books.has_read_at(), books.read_at()) << '\n';
}

std::string Imbalance(const v1::AuditResponse& books) {
  const WideViews difference = books.difference();
  const WideViews views = difference > 0 ? difference : -difference;
  return absl::StrCat(difference > 0 ? "missing: " : "too many: ", Grouped(views),
                      MayBeMore(difference) ? " or more views"
                      : views == 1          ? " view"
                                            : " views");
}

}  // namespace readcount::cli
