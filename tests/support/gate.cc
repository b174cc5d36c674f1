#include "tests/support/gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <list>
#include <stdexcept>
#include <utility>

#include "tests/support/gate_link.h"

namespace readcount::testing {
namespace {

constexpr int kBacklog = 512;
constexpr absl::Duration kLongestWait = absl::Seconds(30);

// Bound to loopback at `port`, or at a free one for 0; may share the port with the gate's other socket.
int BoundSocket(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("a gate cannot be bound to loopback");
  }
  return listener;
}

uint16_t PortOf(int socket) {
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// Sends each write as it is, and never waits.
void Prepare(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

// -1 if the server is not there.
int ConnectTo(const std::string& server) {
  sockaddr_storage address = {};
  socklen_t size = 0;
  if (server[0] == '/') {
    auto* path = reinterpret_cast<sockaddr_un*>(&address);
    path->sun_family = AF_UNIX;
    std::strncpy(path->sun_path, server.c_str(), sizeof path->sun_path - 1);
    size = sizeof *path;
  } else {
    const size_t colon = server.rfind(':');
    auto* host = reinterpret_cast<sockaddr_in*>(&address);
    host->sin_family = AF_INET;
    host->sin_port = htons(static_cast<uint16_t>(std::stoi(server.substr(colon + 1))));
    inet_pton(AF_INET, server.substr(0, colon).c_str(), &host->sin_addr);
    size = sizeof *host;
  }
  const int connection = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), size) == 0) return connection;
  close(connection);
  return -1;
}

}  // namespace

// The gate's thread: everything that it alone touches.
class Gate::Loop {
 public:
  explicit Loop(Gate& gate) : gate_(gate), port_(PortOf(gate.holder_)) {}
  ~Loop() { Listen(false); }

  void Run() {
    while (TakeOrders()) {
      Wait();
      if (orders_.mode.black_hole) continue;
      Accept();
      const auto now = std::chrono::steady_clock::now();
      links_.remove_if([&](Entry& entry) { return !Serve(entry, now); });
    }
  }

 private:
  struct Entry {
    std::unique_ptr<GateLink> link;
    short client_events = 0, server_events = 0;
  };

  // False at the end.
  bool TakeOrders() {
    absl::MutexLock lock(&gate_.mutex_);
    Orders& orders = gate_.orders_;
    if (orders.number != orders_.number) {
      const bool reset = orders.mode.refuse || orders.resets != orders_.resets;
      if (orders.loss.number == orders_.loss.number) orders.loss.left = orders_.loss.left;
      orders_ = orders;
      random_.seed(orders_.mode.seed);
      if (reset || orders_.ending) links_.clear();
      for (Entry& entry : links_) {
        entry.link->requests.Begin();
        entry.link->replies.Begin();
      }
      Listen(!orders_.mode.refuse && !orders_.ending);
    }
    gate_.taken_ = orders_.number;
    return !orders_.ending;
  }

  void Listen(bool on) {
    if (on && listener_ < 0) {
      listener_ = BoundSocket(port_);
      listen(listener_, kBacklog);
    } else if (!on && listener_ >= 0) {
      close(listener_);
      listener_ = -1;
    }
  }

  // Until there is something to do.
  void Wait() {
    const auto now = std::chrono::steady_clock::now();
    auto next = GatePipe::Time::max();
    std::vector<pollfd> polls = {{.fd = gate_.wake_, .events = POLLIN, .revents = 0}};
    if (!orders_.mode.black_hole) {
      if (listener_ >= 0) polls.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
      for (const Entry& entry : links_) {
        const GateLink& link = *entry.link;
        polls.push_back(
            {.fd = link.client(), .events = Events(link.requests, link.replies, now), .revents = 0});
        polls.push_back(
            {.fd = link.server(), .events = Events(link.replies, link.requests, now), .revents = 0});
        for (const GatePipe* pipe : {&link.requests, &link.replies}) {
          if (pipe->next_write() > now) next = std::min(next, pipe->next_write());
        }
      }
    }
    const int timeout =
        next == GatePipe::Time::max()
            ? -1
            : 1 + static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(next - now).count());
    poll(polls.data(), polls.size(), timeout);
    uint64_t wakes = 0;
    if (polls[0].revents != 0 && read(gate_.wake_, &wakes, sizeof wakes) < 0) return;
    size_t at = polls.size() - 2 * links_.size();
    if (orders_.mode.black_hole) return;
    for (Entry& entry : links_) {
      entry.client_events = polls[at++].revents;
      entry.server_events = polls[at++].revents;
    }
  }

  static short Events(const GatePipe& in, const GatePipe& out, GatePipe::Time now) {
    return static_cast<short>((in.WantsToRead() ? POLLIN : 0) | (out.WantsToWrite(now) ? POLLOUT : 0));
  }

  void Accept() {
    if (listener_ < 0) return;
    for (;;) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = ConnectTo(gate_.server_);
      Prepare(client);
      if (server < 0) {
        close(client);
        continue;
      }
      Prepare(server);
      links_.push_back({.link = std::make_unique<GateLink>(client, server)});
    }
  }

  // False if the link is over.
  bool Serve(Entry& entry, GatePipe::Time now) {
    GateLink& link = *entry.link;
    const auto request = [&](std::string& bytes) { return SeeRequest(link, bytes); };
    const auto reply = [&](std::string&) { return SeeReply(link); };
    const bool goes_on = Move(link.requests, entry.client_events, entry.server_events, request, now) &&
                         Move(link.replies, entry.server_events, entry.client_events, reply, now);
    entry.client_events = entry.server_events = 0;
    return goes_on && !link.replies.done();
  }

  bool Move(GatePipe& pipe, short in, short out, const std::function<bool(std::string&)>& seen,
            GatePipe::Time now) {
    if ((in & (POLLIN | POLLHUP | POLLERR)) != 0 && pipe.WantsToRead() &&
        !pipe.Read(orders_.mode, random_, seen)) {
      return false;
    }
    if ((out & POLLERR) != 0) return false;
    return !pipe.WantsToWrite(now) || pipe.Write(orders_.mode, now);
  }

  bool SeeRequest(GateLink& link, const std::string& bytes) {
    Loss& loss = orders_.loss;
    if (loss.left == 0) return true;
    const std::string text = link.tail + bytes;
    size_t at = text.find(loss.pattern);
    link.tail = text.substr(text.size() - std::min(text.size(), loss.pattern.size() - 1));
    for (; at != std::string::npos; at = text.find(loss.pattern, at + 1)) {
      if (--loss.left > 0) continue;
      if (!loss.delivered) {
        NoteLoss();
        return false;
      }
      link.loses_reply = true;
      return true;
    }
    return true;
  }

  bool SeeReply(GateLink& link) {
    if (!link.loses_reply) return true;
    NoteLoss();
    return false;
  }

  void NoteLoss() {
    absl::MutexLock lock(&gate_.mutex_);
    if (gate_.orders_.loss.number == orders_.loss.number) gate_.lost_ = true;
  }

  Gate& gate_;
  const uint16_t port_;
  int listener_ = -1;
  Orders orders_;
  std::mt19937_64 random_;
  std::list<Entry> links_;
};

Gate::Gate(std::string server) : server_(std::move(server)) {
  holder_ = BoundSocket(0);
  address_ = "127.0.0.1:" + std::to_string(PortOf(holder_));
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { Loop(*this).Run(); });
  Set({});
}

Gate::~Gate() {
  {
    absl::MutexLock lock(&mutex_);
    orders_.ending = true;
    Change();
  }
  thread_.join();
  close(holder_);
  close(wake_);
}

uint64_t Gate::Change() {
  const uint64_t one = 1;
  const uint64_t number = ++orders_.number;
  if (write(wake_, &one, sizeof one) < 0) throw std::runtime_error("a gate cannot be woken");
  return number;
}

void Gate::AwaitTaken(uint64_t number) {
  absl::MutexLock lock(&mutex_);
  const auto taken = [this, number]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return taken_ >= number; };
  mutex_.Await(absl::Condition(&taken));
}

void Gate::Set(const GateMode& mode) {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    orders_.mode = mode;
    number = Change();
  }
  AwaitTaken(number);
}

void Gate::Reset() {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    ++orders_.resets;
    number = Change();
  }
  AwaitTaken(number);
}

void Gate::Lose(Loss loss) {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    orders_.loss = std::move(loss);
    lost_ = false;
    number = Change();
    orders_.loss.number = number;
  }
  AwaitTaken(number);
}

void Gate::AwaitLoss() {
  absl::MutexLock lock(&mutex_);
  EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&lost_), kLongestWait))
      << "no request had '" << orders_.loss.pattern << "'";
}

}  // namespace readcount::testing
