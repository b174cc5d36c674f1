#include "cli/sync_watch_command.h"

#include <optional>
#include <ostream>

#include "cli/endpoint.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/live_line.h"
#include "cli/rpc/sync_client.h"
#include "cli/sync_progress.h"
#include "cli/sync_text.h"

namespace readcount::cli {
namespace {

// Shows statuses as they come; a run that has ended stays as a line.
class Watch {
 public:
  explicit Watch(Context& context) : context_(context), out_(context.out.stream), progress_(context.clock) {
    if (context.out.is_terminal) live_.emplace(out_);
  }

  // False when nobody reads any more.
  bool Show(const v1::SyncStatus& status) {
    progress_.Take(status);
    if (context_.json()) {
      out_ << MessageJson(status) << std::endl;
    } else {
      ShowText(status);
    }
    return out_.good();
  }

 private:
  void ShowText(const v1::SyncStatus& status) {
    const uint64_t run = status.last_run().id();
    if (last_run_.has_value() && run != *last_run_) {
      if (live_.has_value()) live_->Clear();
      out_ << RunLine(status.last_run()) << std::endl;
    }
    last_run_ = run;
    if (live_.has_value()) {
      live_->Draw(progress_.Bar(TerminalColumns()));
    } else {
      out_ << progress_.Line() << std::endl;
    }
  }

  Context& context_;
  std::ostream& out_;
  SyncProgress progress_;
  std::optional<LiveLine> live_;
  std::optional<uint64_t> last_run_;  // the newest that is known; none before the first status
};

absl::Status WatchSync(Context& context) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  SyncClient client(*endpoint);
  const Interrupt interrupt([&] { client.Cancel(); });
  Watch watch(context);
  const absl::Status status =
      client.WatchStatus([&](const v1::SyncStatus& newest) { return watch.Show(newest); });
  return CaughtSignal() != 0 ? absl::CancelledError("") : status;
}

}  // namespace

void AddSyncWatchCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("watch", "Follow what the syncer is doing, until Ctrl-C");
  command->callback([&context] { context.command = [&context] { return WatchSync(context); }; });
}

}  // namespace readcount::cli
