#include "cli/sync_text.h"

#include "absl/strings/str_cat.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/utf8.h"

namespace readcount::cli {

std::string RunLine(const v1::SyncRun& run) {
  std::string line = absl::StrCat(run.id() == 0 ? "the run" : absl::StrCat("run ", run.id()), " ",
                                  Words(v1::SyncOutcome_Name(run.outcome()), "SYNC_OUTCOME_"), ": ",
                                  Counted(run.articles(), "article"), ", ", Counted(run.views(), "view"),
                                  " in ", Span(ToDuration(run.duration())));
  if (run.dead_letters() > 0) {
    absl::StrAppend(&line, "; ", Counted(run.dead_letters(), "dead letter"),
                    ": `readcount dead-letters list` tells why");
  }
  if (run.resumed()) absl::StrAppend(&line, "; finished what an earlier run had left");
  if (!run.error().empty()) absl::StrAppend(&line, "; ", Plain(run.error()));
  return line;
}

void PrintStatus(const v1::SyncStatus& status, std::ostream& out) {
  Table table({{.title = ""}, {.title = ""}});
  table.Add({"phase", Words(v1::SyncPhase_Name(status.phase()), "SYNC_PHASE_")});
  if (status.articles_total() > 0) {
    table.Add(
        {"batch",
         absl::StrCat(Grouped(status.articles_done()), " of ", Counted(status.articles_total(), "article"),
                      ", ", Grouped(status.views_done()), " of ", Counted(status.views_total(), "view"))});
  }
  table.Add({"pending", Counted(status.pending_articles(), "article")});
  table.Add({"lag", Span(absl::Seconds(status.lag_seconds()))});
  table.Add({"last run", status.has_last_run() ? absl::StrCat(Moment(status.last_run().has_finished_at(),
                                                                     status.last_run().finished_at()),
                                                              " ", RunLine(status.last_run()))
                                               : "none yet"});
  table.Add({"next run",
             status.has_next_run_at() ? Moment(true, status.next_run_at()) : "when somebody asks for it"});
  if (status.consecutive_failures() > 0) {
    table.Add({"failures", absl::StrCat(status.consecutive_failures(), " since the last success")});
    table.Add({"last error", status.last_error()});
  }
  table.Add({"life, epoch",
             absl::StrCat(status.life().empty() ? "not known yet" : status.life(), ", ", status.epoch())});
  table.Add({"durability", status.durability().level()});
  for (const v1::DurabilityFinding& finding : status.durability().findings()) {
    table.Add(
        {Words(v1::DurabilitySeverity_Name(finding.severity()), "DURABILITY_SEVERITY_"), finding.text()});
  }
  table.Print(out);
}

}  // namespace readcount::cli
