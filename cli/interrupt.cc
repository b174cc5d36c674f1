#include "cli/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace readcount::cli {
namespace {

constexpr char kSignalled = 's', kOver = 'o';

// A signal's handler may do little more than write; it finds the pipe here.
int pipe_of_signals[2] = {-1, -1};
volatile std::sig_atomic_t caught_signal = 0;

void Tell(char what) {
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(pipe_of_signals[1], &what, 1);
  errno = error;
}

void Handle(int signal) {
  caught_signal = signal;
  Tell(kSignalled);
}

}  // namespace

Interrupt::Interrupt(std::function<void()> stop) {
  if (pipe2(pipe_of_signals, O_CLOEXEC) != 0) return;  // then a signal ends the process, as ever
  thread_ = std::thread([stop = std::move(stop)] {
    char what = 0;
    ssize_t count = 0;
    do {
      count = read(pipe_of_signals[0], &what, 1);
    } while (count < 0 && errno == EINTR);
    if (what == kSignalled) stop();
  });
  struct sigaction action = {};
  action.sa_handler = Handle;
  // After the first one the default is back; system calls go on.
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

Interrupt::~Interrupt() {
  if (!thread_.joinable()) return;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  Tell(kOver);
  thread_.join();
  for (int& end : pipe_of_signals) close(std::exchange(end, -1));
}

int CaughtSignal() {
  return caught_signal;
}

}  // namespace readcount::cli
