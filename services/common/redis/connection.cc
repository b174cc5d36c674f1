#include "services/common/redis/connection.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace readcount::redis {
namespace {

struct ContextFree {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct ReplyFree {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using OwnedReply = std::unique_ptr<redisReply, ReplyFree>;

// What the server says when it cannot serve now but may later, before it has done anything.
constexpr std::array<absl::string_view, 10> kNotNow = {"LOADING",    "READONLY",    "MISCONF",  "OOM",
                                                       "BUSY",       "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN",
                                                       "NOREPLICAS", "MOVED"};
constexpr std::array<absl::string_view, 4> kLogin = {"NOAUTH", "WRONGPASS", "NOPERM", "ERR AUTH"};

template <size_t size>
bool StartsWithAny(absl::string_view text, const std::array<absl::string_view, size>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](absl::string_view prefix) { return absl::StartsWith(text, prefix); });
}

absl::Status ErrorReply(absl::string_view text) {
  const std::string message = absl::StrCat("Redis: ", text);
  if (StartsWithAny(text, kNotNow)) return absl::UnavailableError(message);
  if (StartsWithAny(text, kLogin))
    return absl::PermissionDeniedError(absl::StrCat(message, ": check redis.dsn"));
  if (absl::StartsWith(text, "NOSCRIPT")) return absl::NotFoundError(message);
  return absl::FailedPreconditionError(message);
}

Reply Convert(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:  // only ever inside an array; the outermost was looked at before
      reply.type = Reply::Type::kText;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::kArray;
      reply.elements.reserve(from.elements);
      for (size_t i = 0; i < from.elements; ++i) reply.elements.push_back(Convert(*from.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace

struct Connection::Impl {
  std::unique_ptr<redisContext, ContextFree> context;
  std::string server;
  bool usable = true;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

bool Connection::usable() const {
  return impl_->usable;
}

CallMeter& Meter() {
  static CallMeter meter(
      {.connects = {"readcount_redis_connects_total", MetricKind::kCounter,
                    "Attempts to connect to Redis, by outcome."},
       .errors = {"readcount_redis_errors_total", MetricKind::kCounter,
                  "Redis commands that failed, by kind; not_found is a script that it does "
                  "not know yet."},
       .duration = {"readcount_redis_command_duration_seconds", MetricKind::kHistogram,
                    "From sending a Redis command to having its reply."}});
  return meter;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const RedisSettings& settings) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(settings);
  Meter().Connected(connection.status());
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Connect(const RedisSettings& settings) {
  const Dsn& dsn = settings.dsn;
  const timeval connect_timeout = absl::ToTimeval(settings.connect_timeout);
  auto impl = std::make_unique<Impl>();
  impl->server = dsn.ForDisplay();
  impl->context.reset(dsn.socket.empty()
                          ? redisConnectWithTimeout(dsn.host.c_str(), dsn.port, connect_timeout)
                          : redisConnectUnixWithTimeout(dsn.socket.c_str(), connect_timeout));
  if (impl->context == nullptr || impl->context->err != 0) {
    const char* reason = impl->context == nullptr ? "out of memory" : impl->context->errstr;
    return absl::UnavailableError(
        absl::StrCat("Redis at ", impl->server, ": ", reason, ": check redis.dsn and that it runs"));
  }
  redisSetTimeout(impl->context.get(), absl::ToTimeval(settings.reply_timeout));
  auto connection = std::unique_ptr<Connection>(new Connection(std::move(impl)));

  std::vector<Words> greetings;
  if (!dsn.user.empty()) {
    greetings.push_back({"AUTH", dsn.user, dsn.password});
  } else if (!dsn.password.empty()) {
    greetings.push_back({"AUTH", dsn.password});
  }
  if (dsn.database != "0") greetings.push_back({"SELECT", dsn.database});
  for (const Words& words : greetings) {
    const absl::StatusOr<Reply> reply = connection->Command(words);
    // Nothing that counts has been sent yet.
    if (absl::IsUnknown(reply.status())) return absl::UnavailableError(reply.status().message());
    if (!reply.ok()) return reply.status();
  }
  return connection;
}

absl::StatusOr<Reply> Connection::Command(const Words& head, const Words& tail) {
  return Metered(Meter(), [&] { return Send(head, tail); });
}

absl::StatusOr<Reply> Connection::Send(const Words& head, const Words& tail) {
  redisContext* context = impl_->context.get();
  void* received = nullptr;
  const std::string count = absl::StrCat("*", head.size() + tail.size(), "\r\n");
  for (const absl::string_view bytes : {absl::string_view(count), head.bytes(), tail.bytes()}) {
    if (redisAppendFormattedCommand(context, bytes.data(), bytes.size()) != REDIS_OK) impl_->usable = false;
  }
  if (impl_->usable) redisGetReply(context, &received);
  const OwnedReply reply(static_cast<redisReply*>(received));
  if (reply == nullptr) {
    impl_->usable = false;
    return absl::UnknownError(
        absl::StrCat("Redis at ", impl_->server, " was lost in mid-call: ", context->errstr));
  }
  if (reply->type == REDIS_REPLY_ERROR) return ErrorReply({reply->str, reply->len});
  return Convert(*reply);
}

}  // namespace readcount::redis
