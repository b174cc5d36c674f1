#include "cli/sync_run_command.h"

#include <memory>
#include <optional>
#include <ostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/endpoint.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/live_line.h"
#include "cli/requester.h"
#include "cli/rpc/sync_client.h"
#include "cli/sync_progress.h"
#include "cli/sync_text.h"

namespace readcount::cli {
namespace {

constexpr absl::Duration kLineInterval = absl::Seconds(1);

// Shows how far the run is while WatchStatus feeds it: a bar on a terminal, else a line a second
// on standard error, where no script reads results.
class RunProgress {
 public:
  explicit RunProgress(Context& context) : context_(context), progress_(context.clock) {
    if (context.out.is_terminal) live_.emplace(context.out.stream);
  }

  void Show(const v1::SyncStatus& status) {
    progress_.Take(status);
    if (!progress_.under_way()) return;
    if (live_.has_value()) {
      live_->Draw(progress_.Bar(TerminalColumns()));
      return;
    }
    const absl::Duration now = context_.clock.Elapsed();
    if (status.phase() == phase_ && now < next_line_) return;
    phase_ = status.phase();
    next_line_ = now + kLineInterval;
    context_.err.stream << progress_.Line() << std::endl;
  }

 private:
  Context& context_;
  SyncProgress progress_;
  std::optional<LiveLine> live_;
  v1::SyncPhase phase_ = v1::SYNC_PHASE_UNSPECIFIED;
  absl::Duration next_line_ = -absl::InfiniteDuration();
};

// The run, while its progress is shown beside.
absl::StatusOr<v1::SyncRun> RunAndShow(Context& context, SyncClient& client,
                                       const std::string& requested_by) {
  if (context.json()) return client.RunSync(requested_by);
  std::thread watch([&] {
    RunProgress progress(context);
    // Why the stream ended is no matter here: the run tells how it went.
    client
        .WatchStatus([&](const v1::SyncStatus& status) {
          progress.Show(status);
          return true;
        })
        .IgnoreError();
  });
  absl::StatusOr<v1::SyncRun> run = client.RunSync(requested_by);
  client.Cancel();
  watch.join();
  return run;
}

absl::Status RunSync(Context& context, const std::string& requested_by) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  const Interrupt interrupt([&] { client.Cancel(); });
  const absl::StatusOr<v1::SyncRun> run = RunAndShow(context, client, requested_by);
  if (absl::IsCancelled(run.status())) {
    return absl::CancelledError(
        "interrupted: the sync service finishes the run all the same; `readcount sync watch` follows it");
  }
  if (!run.ok()) return run.status();
  context.out.stream << (context.json() ? MessageJson(*run) : RunLine(*run)) << '\n';
  if (run->outcome() == v1::SYNC_OUTCOME_SUCCEEDED) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat("the run failed: ", run->error(), ": nothing is lost, the next run goes on from there"));
}

}  // namespace

void AddSyncRunCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("run", "Move all that was counted until now to MySQL");
  auto requested_by = std::make_shared<std::string>();
  AddRequester(*command, context, *requested_by, "the history of runs");
  command->callback([&context, requested_by] {
    context.command = [&context, requested_by] { return RunSync(context, *requested_by); };
  });
}

}  // namespace readcount::cli
