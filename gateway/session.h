#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gateway/conventions.h"
#include "gateway/event_stream.h"
#include "gateway/http.h"
#include "gateway/request_reader.h"
#include "gateway/router.h"
#include "gateway/timed_socket.h"

namespace readcount::gateway {

class Session;

// How long a connection that is to end waits for the request that may be on its way.
inline constexpr absl::Duration kLastCall = absl::Milliseconds(500);

// Hears what sessions are at. Called on each connection's executor.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  virtual void OnBusy(Session& session) = 0;   // a request begins to come
  virtual void OnIdle(Session& session) = 0;   // it has been answered
  virtual void OnEnded(Session& session) = 0;  // once, at last
};

// One connection: reads a request, has it answered, writes the response, reads the next, so that responses
// keep the order of the requests; a stream of events is the last. Everything runs on the connection's
// executor.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // Over TLS if there is a context for it. `router`, `conventions` and `observer` must outlive the session.
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls,
          const Router& router, const Conventions& conventions, const RequestLimits& limits,
          SessionObserver& observer);

  ~Session();

  // Serves until the connection ends.
  void Start();

  // Writes `response`, whatever is asked, and ends the connection.
  void Refuse(Response response);

  // Ends the connection after the request under way; at once if there is none. From any thread.
  void Stop();

  // Tells the client, with the next response, that the connection ends; ends it without a word only if none
  // is asked for within kLastCall, for what a client sends at the moment of such an end is lost. From any
  // thread.
  void Retire();

  // Ends the connection now. From any thread.
  void Abort();

 private:
  void Spawn(boost::asio::awaitable<void> (Session::*run)());
  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<void> Converse();
  boost::asio::awaitable<bool> Greet();
  boost::asio::awaitable<void> WriteRefusal();
  boost::asio::awaitable<Response> Answer(Request& request);
  template <typename Handler>
  void Ask(const Request& request, Handler handler);
  boost::asio::awaitable<bool> Write(const Response& response, const Incoming& incoming, bool keep_alive);
  boost::asio::awaitable<void> SendEvents(const std::shared_ptr<EventStream>& events);
  boost::asio::awaitable<bool> WriteText(absl::string_view text);

  const std::shared_ptr<TimedSocket> socket_;
  const std::string peer_;  // its address
  const Router& router_;
  const Conventions& conventions_;
  const absl::Duration idle_timeout_;
  const absl::Duration write_timeout_;  // as long as a request may take to come, the client may take to read
  SessionObserver& observer_;
  RequestReader reader_;
  Response refusal_;
  std::string out_;
  std::shared_ptr<EventStream> events_;  // being sent
  bool idle_ = true;
  bool stopping_ = false;
};

}  // namespace readcount::gateway
