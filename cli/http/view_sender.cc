#include "cli/http/view_sender.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/http/client.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount::cli {
namespace {

constexpr int kHttpOk = 200, kHttpNotFound = 404, kHttpServerErrors = 500;

class HttpSender final : public ViewSender {
 public:
  HttpSender(const std::string& address, absl::Duration timeout) : client_(address, timeout) {}

  size_t most_ids() const override { return 1; }

  Outcomes Send(const std::vector<uint64_t>& ids) override {
    Outcomes outcomes;
    for (const uint64_t id : ids) Add(client_.Get(absl::StrCat("/api/article/", id)), outcomes);
    return outcomes;
  }

 private:
  static void Add(const absl::StatusOr<HttpResponse>& response, Outcomes& outcomes) {
    if (!response.ok()) {
      (absl::IsUnavailable(response.status()) ? outcomes.refused : outcomes.unknown) += 1;
      outcomes.error = std::string(response.status().message());
      outcomes.lost = true;
    } else if (response->status == kHttpOk) {
      ++outcomes.acknowledged;
    } else {
      // Of its own and the service's failures the gateway says in words whether the view may have been
      // counted.
      const bool certain =
          response->status < kHttpServerErrors || absl::StrContains(response->body, kNothingCounted);
      (certain ? outcomes.refused : outcomes.unknown) += 1;
      if (response->status == kHttpNotFound) ++outcomes.no_article;
      outcomes.error = absl::StrCat("HTTP ", response->status, ": ", response->body);
    }
  }

  HttpClient client_;
};

}  // namespace

std::unique_ptr<ViewSender> MakeHttpSender(const std::string& address, absl::Duration timeout) {
  return std::make_unique<HttpSender>(address, timeout);
}

}  // namespace readcount::cli
