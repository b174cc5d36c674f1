#include "gateway/session.h"

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "gateway/response_text.h"
#include "services/common/base/log.h"

namespace readcount::gateway {

namespace asio = boost::asio;

namespace {

// Where a coroutine waits for its answer.
template <typename Handler>
struct Question {
  explicit Question(Handler waiting) : handler(std::move(waiting)) {}

  Handler handler;
  std::atomic<bool> asked = false;  // the question has returned
};

}  // namespace

Session::Session(asio::ip::tcp::socket socket, const Router& router, const RequestLimits& limits,
                 SessionObserver& observer)
    : socket_(std::make_shared<TimedSocket>(std::move(socket))),
      router_(router),
      write_timeout_(limits.header_timeout),
      observer_(observer),
      reader_(*socket_, limits) {}

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
    if (self->idle_ && !self->socket_->HasUnread()) self->socket_->Close();
  });
}

void Session::Abort() {
  asio::post(socket_->executor(), [self = shared_from_this()] { self->socket_->Close(); });
}

asio::awaitable<void> Session::Serve() {
  for (bool keep_alive = true; keep_alive && !stopping_;) {
    if (!co_await reader_.Await()) co_return;
    idle_ = false;
    observer_.OnBusy(*this);
    const Incoming incoming = co_await reader_.Read();
    if (incoming.refusal.has_value()) {
      router_.CountUnrouted(incoming.refusal->status);
      if (co_await Write(*incoming.refusal, incoming, false)) co_await socket_->Linger();
      co_return;
    }
    if (!incoming.request.has_value()) co_return;
    const Response response = co_await Answer(*incoming.request);
    keep_alive = incoming.keep_alive && !stopping_;
    if (!co_await Write(response, incoming, keep_alive)) co_return;
    idle_ = true;
    observer_.OnIdle(*this);
  }
}

asio::awaitable<void> Session::WriteRefusal() {
  // Not a temporary: gcc 12 ends those of a co_await in a condition too early.
  const Incoming nothing;
  if (co_await Write(refusal_, nothing, false)) co_await socket_->Linger();
}

// The handler answers from whichever thread it likes; the coroutine goes on on the connection's executor, at
// once if the answer comes there, but never inside of the question.
asio::awaitable<Response> Session::Answer(const Request& request) {
  socket_->Rest();
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
      [this, &request](auto handler) {
        auto question = std::make_shared<Question<decltype(handler)>>(std::move(handler));
        router_.Dispatch(request, [question, executor = socket_->executor()](Response response) {
          auto go_on = [question, response = std::move(response)]() mutable {
            question->handler(std::move(response));
          };
          if (question->asked) {
            asio::dispatch(executor, std::move(go_on));
          } else {
            asio::post(executor, std::move(go_on));
          }
        });
        question->asked = true;
      },
      asio::use_awaitable);
}

// False if the client did not take it within the timeout; the connection has then ended.
asio::awaitable<bool> Session::Write(const Response& response, const Incoming& incoming, bool keep_alive) {
  if (LogEnabled(LogLevel::kDebug))
    Log(LogLevel::kDebug, "request",
        {{"path", incoming.request.has_value() ? incoming.request->target.path : "-"},
         {"status", response.status}});
  RenderResponse(response,
                 {.head_only = incoming.head_only, .keep_alive = keep_alive, .http_1_0 = incoming.http_1_0},
                 out_);
  socket_->ExpireAfter(write_timeout_);
  const bool written = !co_await socket_->Write(out_);
  if (!written) socket_->Reset();
  co_return written;
}

}  // namespace readcount::gateway
