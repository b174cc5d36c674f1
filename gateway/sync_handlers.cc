#include "gateway/sync_handlers.h"

#include <memory>
#include <utility>

#include "gateway/answer.h"
#include "gateway/json.h"
#include "gateway/shared_answer.h"

namespace readcount::gateway {
namespace {

constexpr int kMostRunsOfAPage = 1000;

// Reading the books sums every pending view and holds Redis up, so those who look share one reading.
constexpr absl::Duration kBooksAreGoodFor = absl::Seconds(1);

void PostSync(SyncBackend& sync, const Request& request, Respond respond) {
  sync.RunSync("gateway", OptionsOf(request), Answer<v1::SyncRun>(std::move(respond), SyncRunJson));
}

void ListRuns(SyncBackend& sync, const Request& request, Respond respond) {
  const absl::StatusOr<int> page_size = PageSizeOf(request, kMostRunsOfAPage);
  if (!page_size.ok()) return respond(ErrorResponse(page_size.status()));
  v1::ListSyncRunsRequest list;
  list.set_page_size(*page_size);
  list.set_page_token(request.target.Get("page_token"));
  sync.ListRuns(list, OptionsOf(request), Answer<v1::ListSyncRunsResponse>(std::move(respond), SyncRunsJson));
}

Route BooksRoute(const HandlerParts& parts) {
  auto books = std::make_shared<SharedAnswer<v1::AuditResponse>>(
      [&sync = parts.sync](Callback<v1::AuditResponse> callback) {
        sync.Audit(CallOptions(), std::move(callback));
      },
      kBooksAreGoodFor, parts.clock);
  return {.path = "/api/sync/audit", .get = [books](const Request&, const std::string&, Respond respond) {
            books->Get(Answer<v1::AuditResponse>(std::move(respond), AuditJson));
          }};
}

}  // namespace

std::vector<Route> SyncRoutes(const HandlerParts& parts) {
  return {{.path = "/api/sync",
           .get =
               [parts](const Request& request, const std::string&, Respond respond) {
                 parts.sync.GetStatus(OptionsOf(request),
                                      Answer<v1::SyncStatus>(std::move(respond), SyncStatusJson));
               },
           .post = [parts](const Request& request, const std::string&,
                           Respond respond) { PostSync(parts.sync, request, std::move(respond)); }},
          {.path = "/api/sync/events",
           .get = [parts](const Request& request, const std::string&,
                          const Respond& respond) { parts.status_events.Open(request, respond); },
           .offers = "text/event-stream",
           .compressible = false},
          {.path = "/api/sync/runs",
           .get = [parts](const Request& request, const std::string&,
                          Respond respond) { ListRuns(parts.sync, request, std::move(respond)); }},
          BooksRoute(parts)};
}

}  // namespace readcount::gateway
