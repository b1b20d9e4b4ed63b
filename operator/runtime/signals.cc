#include "operator/runtime/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace fairlead::runtime {
namespace {

sigset_t Ours() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Signals::Signals() {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = Ours();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Signals::~Signals() {
  close(signals_);
  close(wake_);
}

int Signals::Wait(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { eventfd_write(wake_, 1); });
  pollfd fds[2] = {{signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
  while (true) {
    if (poll(fds, 2, -1) < 0 && errno == EINTR) continue;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) == sizeof(info)) {
      const sigset_t set = Ours();
      pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
      return static_cast<int>(info.ssi_signo);
    }
    if (stop.stop_requested()) return 0;
  }
}

}  // namespace fairlead::runtime
