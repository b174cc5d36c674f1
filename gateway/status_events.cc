#include "gateway/status_events.h"

#include <utility>

#include "gateway/errors.h"
#include "gateway/json.h"

namespace readcount::gateway {
namespace {

constexpr uint64_t kTopic = 1;

}  // namespace

uint64_t StatusEvents::Audience::Join(const std::shared_ptr<EventStream>& events) {
  absl::MutexLock lock(&mutex);
  if (!newest.empty()) events->Put(kTopic, newest);
  listeners.emplace(next_handle, events);
  return next_handle++;
}

void StatusEvents::Audience::Leave(uint64_t handle) {
  absl::MutexLock lock(&mutex);
  listeners.erase(handle);
}

void StatusEvents::Audience::Tell(std::string event) {
  absl::MutexLock lock(&mutex);
  newest = std::move(event);
  for (const auto& [handle, weak] : listeners) {
    if (const std::shared_ptr<EventStream> events = weak.lock(); events != nullptr)
      events->Put(kTopic, newest);
  }
}

void StatusEvents::Audience::Forget() {
  absl::MutexLock lock(&mutex);
  newest.clear();
}

bool StatusEvents::Audience::empty() {
  absl::MutexLock lock(&mutex);
  return listeners.empty();
}

StatusEvents::StatusEvents(SyncBackend& sync, StreamLimit& limit, const Clock& clock)
    : sync_(sync), limit_(limit), clock_(clock), backoff_({}) {}

StatusEvents::~StatusEvents() {
  End();
}

// Not under the lock: the end waits for what is being told.
void StatusEvents::End() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  subscription_.reset();
  absl::MutexLock lock(&mutex_);
  ending_ = broken_ = false;
}

void StatusEvents::Open(const Request& request, const Respond& respond) {
  absl::StatusOr<StreamLimit::Ticket> ticket = limit_.Enter(request.client);
  if (!ticket.ok()) return respond(ErrorResponse(ticket.status()));
  auto events = std::make_shared<EventStream>();
  const uint64_t handle = audience_->Join(events);
  events->AtClose([audience = audience_, handle, ticket = *std::move(ticket)] { audience->Leave(handle); });
  respond(EventResponse(std::move(events)));
}

void StatusEvents::Poll() {
  const bool wanted = !audience_->empty();
  bool broken = false, due = false;
  {
    absl::MutexLock lock(&mutex_);
    broken = broken_;
    due = clock_.Elapsed() >= next_attempt_;
  }
  if (!wanted || broken) End();
  // What was told last will be old when the next listener comes.
  if (!wanted) audience_->Forget();
  if (!wanted || !due || subscription_ != nullptr) return;
  subscription_ = sync_.WatchStatus([this](const absl::StatusOr<v1::SyncStatus>& status) { Take(status); });
}

void StatusEvents::Take(const absl::StatusOr<v1::SyncStatus>& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (ending_) return;
    if (status.ok()) {
      backoff_.Reset();
    } else {
      broken_ = true;
      next_attempt_ = clock_.Elapsed() + backoff_.Next();
    }
  }
  if (status.ok()) return audience_->Tell(EventText("status", StatusEventJson(*status)));
  const int code = static_cast<int>(status.status().code());
  audience_->Tell(EventText("unavailable", UnavailableJson(code, status.status().message())));
}

}  // namespace readcount::gateway
