#include "cli/load_command.h"

#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "cli/arguments.h"
#include "cli/endpoint.h"
#include "cli/format.h"
#include "cli/http/view_sender.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/live_line.h"
#include "cli/load/books.h"
#include "cli/load/load.h"
#include "cli/load/verdict.h"
#include "cli/rpc/view_senders.h"
#include "cli/table.h"
#include "services/common/base/poller.h"

namespace readcount::cli {
namespace {

constexpr absl::Duration kShowEvery = absl::Seconds(1);

// What is more is a slip; up to here the times when views are due, and the articles drawn, are exact.
constexpr uint64_t kMostRate = 1'000'000'000, kMostIds = uint64_t{1} << 53;

struct Options {
  LoadOptions load;
  bool unary = false;
  std::string http;  // URL of a gateway; empty: gRPC
  bool books = false;
};

double Rate(const Load::Totals& totals) {
  return static_cast<double>(totals.acknowledged) / std::max(1e-3, absl::ToDoubleSeconds(totals.elapsed));
}

std::string Latency(absl::Duration latency) {
  return absl::StrFormat("%.3gms", absl::ToDoubleMilliseconds(latency));
}

std::string ProgressLine(const Load& load, const Load::Totals& totals) {
  return absl::StrCat(Span(totals.elapsed), "  ", Grouped(static_cast<uint64_t>(Rate(totals))), "/s  ",
                      Grouped(totals.acknowledged), " acknowledged  ", Grouped(totals.refused), " refused  ",
                      Grouped(totals.unknown), " unknown  p99 ", Latency(load.latencies().Percentile(0.99)));
}

// One object for each second, and the last with `final` true.
std::string Json(const Load& load, const Load::Totals& totals, bool is_final,
                 std::optional<int64_t> recorded) {
  std::vector<std::pair<std::string, JsonValue>> fields = {{"final", is_final},
                                                           {"seconds", absl::ToDoubleSeconds(totals.elapsed)},
                                                           {"acknowledged", totals.acknowledged},
                                                           {"refused", totals.refused},
                                                           {"unknown", totals.unknown},
                                                           {"not_sent", totals.not_sent},
                                                           {"rate", Rate(totals)},
                                                           {"error", totals.error}};
  const std::pair<const char*, double> percentiles[] = {
      {"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p99_ms", 0.99}, {"p999_ms", 0.999}};
  for (const auto& [name, share] : percentiles)
    fields.emplace_back(name, absl::ToDoubleMilliseconds(load.latencies().Percentile(share)));
  if (recorded.has_value()) fields.emplace_back("books_recorded", *recorded);
  return ObjectJson(fields);
}

void PrintSummary(const Load& load, const Load::Totals& totals, std::optional<int64_t> recorded,
                  std::ostream& out) {
  Table table({{.title = ""}, {.title = "", .align = Table::Align::kRight}, {.title = ""}});
  table.Add({"acknowledged", Grouped(totals.acknowledged),
             absl::StrCat(Grouped(static_cast<uint64_t>(Rate(totals))), "/s for ", Span(totals.elapsed))});
  table.Add({"refused", Grouped(totals.refused), "not counted"});
  table.Add({"unknown", Grouped(totals.unknown), "answer lost: counted once, or not"});
  if (totals.not_sent > 0) table.Add({"not sent", Grouped(totals.not_sent), "due by --rate, not counted"});
  if (recorded.has_value()) table.Add({"recorded", Grouped(*recorded), "by the books, meanwhile"});
  const std::pair<const char*, double> percentiles[] = {
      {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
  for (const auto& [name, share] : percentiles)
    table.Add({name, Latency(load.latencies().Percentile(share))});
  table.Print(out);
}

// Shows how it goes, every second: on the terminal, as JSON, or else beside the results.
class Progress {
 public:
  Progress(Context& context, const Load& load) : context_(context), load_(load) {
    if (context.out.is_terminal && !context.json()) live_.emplace(context.out.stream);
  }

  void Show() {
    const Load::Totals totals = load_.Read();
    if (live_.has_value()) {
      live_->Draw(ProgressLine(load_, totals));
    } else if (context_.json()) {
      context_.out.stream << Json(load_, totals, false, std::nullopt) << std::endl;
    } else {
      context_.err.stream << ProgressLine(load_, totals) << std::endl;
    }
  }

 private:
  Context& context_;
  const Load& load_;
  std::optional<LiveLine> live_;
};

// host:port of the URL of a gateway.
absl::StatusOr<std::string> GatewayAt(absl::string_view url) {
  if (absl::StartsWithIgnoreCase(url, "https://")) {
    return absl::InvalidArgumentError(
        "--http: load over HTTPS is not offered: use a gateway without TLS, or leave --http out to speak "
        "gRPC with the article service");
  }
  if (!absl::ConsumePrefix(&url, "http://") || absl::StrContains(absl::StripSuffix(url, "/"), '/'))
    return absl::InvalidArgumentError("--http: is not http://host:port, for example http://127.0.0.1:8080");
  return std::string(absl::StripSuffix(url, "/"));
}

absl::StatusOr<MakeSender> ChooseSender(Context& context, const Options& options) {
  if (!options.http.empty()) {
    const absl::StatusOr<std::string> gateway = GatewayAt(options.http);
    if (!gateway.ok()) return gateway.status();
    return [gateway = *gateway, timeout = context.timeout] { return MakeHttpSender(gateway, timeout); };
  }
  const absl::StatusOr<Endpoint> endpoint = ArticleEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  return [endpoint = *endpoint, unary = options.unary] {
    return unary ? MakeUnarySender(endpoint) : MakeStreamSender(endpoint);
  };
}

absl::Status RunLoad(Context& context, const Options& options) {
  const absl::StatusOr<MakeSender> make_sender = ChooseSender(context, options);
  if (!make_sender.ok()) return make_sender.status();
  const absl::StatusOr<Books> books = Books::Open(context, options.books);
  if (!books.ok()) return books.status();
  Load load(options.load, *make_sender, context.clock);
  {
    const Interrupt interrupt([&] { load.Stop(); });
    Progress progress(context, load);
    const Poller poller(kShowEvery, [&] { progress.Show(); });
    load.Wait();
  }
  const absl::StatusOr<std::optional<int64_t>> recorded = books->RecordedMeanwhile();
  const std::optional<int64_t> meanwhile = recorded.ok() ? *recorded : std::nullopt;
  const Load::Totals totals = load.Read();
  if (context.json()) {
    context.out.stream << Json(load, totals, true, meanwhile) << '\n';
  } else {
    PrintSummary(load, totals, meanwhile, context.out.stream);
    if (!totals.error.empty())
      context.err.stream << "the last that was not acknowledged: " << totals.error << '\n';
  }
  if (totals.not_sent > 0) {
    context.err.stream << Grouped(totals.not_sent)
                       << " views were due and not sent: answers came too slowly for --rate with these "
                          "--connections\n";
  }
  if (!recorded.ok()) return recorded.status();
  absl::Status verdict = Judge(totals, meanwhile);
  return verdict.ok() && CaughtSignal() != 0 ? absl::CancelledError("") : verdict;
}

}  // namespace

void AddLoadCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("load",
                                         "View articles for a trial: real views, which are counted; Ctrl-C "
                                         "ends it with its summary. Exit 1 if an "
                                         "article is not there or no view was acknowledged; other views may "
                                         "be refused, by a service that is busy "
                                         "or away");
  auto options = std::make_shared<Options>();
  LoadOptions& load = options->load;
  AddNumberOption(*command, "--rate", load.rate, 1, kMostRate,
                  "Views a second; without it as many as are answered");
  AddNumberOption(*command, "--ids", load.ids, 1, kMostIds,
                  "View articles 1 to this, which all must be there");
  AddRealOption(*command, "--zipf", load.zipf, 0, 10,
                "Exponent of the articles' popularity, such as 0.99; 0: all alike")
      ->type_name("EXPONENT");
  AddNumberOption(*command, "--connections", load.connections, 1, 10000,
                  "Connections, each with one message under way");
  AddNumberOption(*command, "--batch", load.batch, 1, 1000,
                  "Most views in one message of a stream, 1 to 1000");
  AddTimeOption(*command, "--duration", load.duration, absl::Milliseconds(1), absl::Hours(24 * 7),
                "How long");
  AddNumberOption(*command, "--seed", load.seed, 0, std::numeric_limits<uint64_t>::max(),
                  "Of the articles drawn")
      ->type_name("NUMBER");
  CLI::Option* unary =
      command->add_flag("--unary", options->unary, "By a call for each view, instead of streams");
  command
      ->add_option("--http", options->http,
                   "By requests to a gateway without TLS, instead of gRPC: http://host:port")
      ->type_name("URL")
      ->excludes(unary);
  command->add_flag(
      "--books", options->books,
      "Compare with the books before and after: exit 1 unless they recorded just these views. Nobody "
      "else may view articles meanwhile");
  command->callback(
      [&context, options] { context.command = [&context, options] { return RunLoad(context, *options); }; });
}

}  // namespace readcount::cli
