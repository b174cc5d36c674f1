#include "gateway/session.h"

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "gateway/response_text.h"
#include "services/common/base/log.h"

namespace readcount::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kHeartbeat(15);         // after which a silent stream of events is written to
constexpr std::chrono::milliseconds kLeastPause(100);  // between two writes to a stream of events
constexpr char kStillHere[] = ": still here\n\n";

// Where a coroutine waits for its answer.
template <typename Handler>
struct Question {
  explicit Question(Handler waiting) : handler(std::move(waiting)) {}

  Handler handler;
  std::atomic<bool> asked = false;  // the question has returned
};

}  // namespace

Session::Session(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, const Router& router,
                 const Conventions& conventions, const RequestLimits& limits, SessionObserver& observer)
    : socket_(std::make_shared<TimedSocket>(std::move(socket), std::move(tls))),
      peer_(socket_->PeerAddress()),
      router_(router),
      conventions_(conventions),
      idle_timeout_(limits.idle_timeout),
      write_timeout_(limits.header_timeout),
      observer_(observer),
      reader_(*socket_, limits) {}

Session::~Session() {
  if (events_ != nullptr) events_->Close();
}

void Session::Start() {
  Spawn(&Session::Serve);
}

void Session::Refuse(Response response) {
  refusal_ = std::move(response);
  Spawn(&Session::WriteRefusal);
}

void Session::Spawn(asio::awaitable<void> (Session::*run)()) {
  asio::co_spawn(
      socket_->executor(), [self = shared_from_this(), run] { return (self.get()->*run)(); },
      [self = shared_from_this()](const std::exception_ptr& /*never thrown*/) {
        self->socket_->Close();
        self->observer_.OnEnded(*self);
      });
}

void Session::Stop() {
  asio::post(socket_->executor(), [self = shared_from_this()] {
    self->stopping_ = true;
    if (self->events_ != nullptr) self->events_->End();
    if (self->idle_ && !self->socket_->HasUnread()) self->socket_->Close();
  });
}

void Session::Retire() {
  asio::post(socket_->executor(), [self = shared_from_this()] {
    self->stopping_ = true;
    if (self->events_ != nullptr) self->events_->End();
    if (self->idle_) self->socket_->ExpireAfter(kLastCall);
  });
}

void Session::Abort() {
  asio::post(socket_->executor(), [self = shared_from_this()] { self->socket_->Close(); });
}

asio::awaitable<void> Session::Serve() {
  if (socket_->secure()) {
    const bool greeted = co_await Greet();
    if (!greeted) co_return;
  }
  co_await Converse();
  if (socket_->secure()) co_await socket_->SayGoodbye();
}

asio::awaitable<bool> Session::Greet() {
  socket_->ExpireAfter(write_timeout_);
  const boost::system::error_code error = co_await socket_->Handshake();
  if (error && LogEnabled(LogLevel::kDebug))
    Log(LogLevel::kDebug, "tls_handshake_failed", {{"peer", peer_}, {"error", error.message()}});
  co_return !error;
}

asio::awaitable<void> Session::Converse() {
  for (bool keep_alive = true; keep_alive;) {
    // Whoever was told that the connection lives on may have sent the next request.
    if (!co_await reader_.Await(stopping_ ? kLastCall : idle_timeout_)) co_return;
    idle_ = false;
    observer_.OnBusy(*this);
    Incoming incoming = co_await reader_.Read();
    if (incoming.refusal.has_value()) {
      router_.CountUnrouted(incoming.refusal->status);
      conventions_.Finish(Request(), *incoming.refusal);
      if (co_await Write(*incoming.refusal, incoming, false)) co_await socket_->Linger();
      co_return;
    }
    if (!incoming.request.has_value()) co_return;
    const Response response = co_await Answer(*incoming.request);
    keep_alive = incoming.keep_alive && !stopping_ && response.events == nullptr;
    const bool written = co_await Write(response, incoming, keep_alive);
    if (response.events != nullptr) {
      if (written && !incoming.head_only) co_await SendEvents(response.events);
      response.events->Close();
    }
    if (!written) co_return;
    // Unread bytes would take the response with them.
    if (stopping_ && !keep_alive) co_await socket_->Linger();
    idle_ = true;
    observer_.OnIdle(*this);
  }
}

asio::awaitable<void> Session::WriteRefusal() {
  if (socket_->secure()) {
    const bool greeted = co_await Greet();
    if (!greeted) co_return;
  }
  // Not a temporary: gcc 12 ends those of a co_await in a condition too early.
  const Incoming nothing;
  conventions_.Finish(Request(), refusal_);
  if (co_await Write(refusal_, nothing, false)) co_await socket_->Linger();
}

// The handler answers from whichever thread it likes; the coroutine goes on on the connection's executor, at
// once if the answer comes there, but never inside of the question.
asio::awaitable<Response> Session::Answer(Request& request) {
  request.client = conventions_.ClientOf(peer_, request);
  std::optional<Response> response = conventions_.Begin(request);
  if (!response.has_value()) {
    socket_->Rest();
    response = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
        [this, &request](auto handler) { Ask(request, std::move(handler)); }, asio::use_awaitable);
  }
  conventions_.Finish(request, *response);
  co_return *std::move(response);
}

template <typename Handler>
void Session::Ask(const Request& request, Handler handler) {
  auto question = std::make_shared<Question<Handler>>(std::move(handler));
  router_.Dispatch(request, [question, executor = socket_->executor()](Response answer) {
    auto go_on = [question, answer = std::move(answer)]() mutable { question->handler(std::move(answer)); };
    if (question->asked) {
      asio::dispatch(executor, std::move(go_on));
    } else {
      asio::post(executor, std::move(go_on));
    }
  });
  question->asked = true;
}

// False if the client did not take it within the timeout; the connection has then ended.
asio::awaitable<bool> Session::Write(const Response& response, const Incoming& incoming, bool keep_alive) {
  if (LogEnabled(LogLevel::kDebug))
    Log(LogLevel::kDebug, "request",
        {{"path", incoming.request.has_value() ? incoming.request->target.path : "-"},
         {"status", response.status},
         {"request_id", response.request_id.text()},
         {"trace_id", response.traceparent.none() ? "" : response.traceparent.trace_id()}});
  RenderResponse(response,
                 {.head_only = incoming.head_only, .keep_alive = keep_alive, .http_1_0 = incoming.http_1_0},
                 out_);
  return WriteText(out_);
}

asio::awaitable<bool> Session::WriteText(absl::string_view text) {
  socket_->ExpireAfter(write_timeout_);
  const bool written = !co_await socket_->Write(text);
  if (!written) socket_->Reset();
  co_return written;
}

// Until the stream ends, the client is gone or takes too long to read. Between two writes there is a pause,
// in which what comes is gathered.
asio::awaitable<void> Session::SendEvents(const std::shared_ptr<EventStream>& events) {
  const auto timer = std::make_shared<asio::steady_timer>(socket_->executor());
  events_ = events;
  if (stopping_) events->End();
  events->SetWake([timer] { asio::post(timer->get_executor(), [timer] { timer->cancel(); }); });
  socket_->Rest();
  socket_->WatchPeer([weak = std::weak_ptr<EventStream>(events)] {
    if (const std::shared_ptr<EventStream> stream = weak.lock(); stream != nullptr) stream->End();
  });
  boost::system::error_code ignored;
  for (bool ended = false; !ended;) {
    EventStream::Waiting waiting = events->Take();
    ended = waiting.ended;
    if (waiting.text.empty() && !ended) {
      timer->expires_after(kHeartbeat);
      co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (ignored) continue;  // woken
      waiting.text = kStillHere;
    }
    if (!waiting.text.empty() && !co_await WriteText(waiting.text)) break;
    socket_->Rest();
    if (ended) break;
    timer->expires_after(kLeastPause);
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  events_ = nullptr;
}

}  // namespace readcount::gateway
