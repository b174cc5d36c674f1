#include "gateway/event_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace readcount::gateway {
namespace {

// How long a client waits, in milliseconds, before it connects again.
constexpr char kRetry[] = "retry: 1000\n\n";

}  // namespace

std::string EventText(absl::string_view name, absl::string_view json) {
  return absl::StrCat("event: ", name, "\ndata: ", json, "\n\n");
}

void EventStream::Put(uint64_t topic, std::string event) {
  absl::MutexLock lock(&mutex_);
  if (ended_ || closed_) return;
  const auto waits = std::ranges::find(waiting_, topic, &Event::topic);
  if (waits != waiting_.end()) waiting_.erase(waits);
  waiting_.push_back({.topic = topic, .text = std::move(event)});
  WakeLocked();
}

void EventStream::End() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  WakeLocked();
}

EventStream::Waiting EventStream::Take() {
  absl::MutexLock lock(&mutex_);
  Waiting taken{.ended = ended_};
  for (const Event& event : waiting_) taken.text += event.text;
  waiting_.clear();
  idle_ = taken.text.empty() && !taken.ended;
  return taken;
}

void EventStream::SetWake(std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  wake_ = std::move(wake);
}

void EventStream::AtClose(std::function<void()> task) {
  {
    absl::MutexLock lock(&mutex_);
    if (!closed_) return at_close_.push_back(std::move(task));
  }
  task();
}

void EventStream::Close() {
  std::vector<std::function<void()>> tasks;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    wake_ = nullptr;
    tasks.swap(at_close_);
  }
  for (const auto& task : tasks) task();
}

void EventStream::WakeLocked() {
  if (std::exchange(idle_, false) && wake_) wake_();
}

Response EventResponse(std::shared_ptr<EventStream> events) {
  Response response{.body = kRetry, .content_type = "text/event-stream", .events = std::move(events)};
  // Proxies that gather what they pass on would hold events back; nginx asks this header.
  response.headers.emplace_back("X-Accel-Buffering", "no");
  return response;
}

}  // namespace readcount::gateway
