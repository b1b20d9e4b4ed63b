#include "webhooks/server/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

namespace fairlead::webhooks {
namespace {

Unexpected<Error> System(const std::string& what) {
  return Unexpected(Error{ErrorClass::kFatal, what + ": " + std::strerror(errno)});
}

}  // namespace

std::string FolderOf(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

Result<std::unique_ptr<FolderWatch>> FolderWatch::Start(const std::vector<std::string>& folders,
                                                        std::function<void()> look) {
  constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE;
  std::unique_ptr<FolderWatch> out(new FolderWatch());
  out->inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  out->stop_ = eventfd(0, EFD_CLOEXEC);
  if (out->inotify_ < 0 || out->stop_ < 0) return System("cannot watch files");
  for (const std::string& folder : folders) {
    if (inotify_add_watch(out->inotify_, folder.c_str(), kEvents | IN_ONLYDIR | IN_MASK_ADD) < 0)
      return System("cannot watch " + folder);
  }
  out->thread_ = std::thread([watch = out.get(), look = std::move(look)] { watch->Run(look); });
  return out;
}

FolderWatch::~FolderWatch() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(stop_, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  if (inotify_ >= 0) close(inotify_);
  if (stop_ >= 0) close(stop_);
}

void FolderWatch::Run(const std::function<void()>& look) const {
  look();
  std::array<pollfd, 2> wait = {pollfd{inotify_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (true) {
    if (poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    if (wait[0].revents == 0) continue;
    alignas(inotify_event) std::array<char, 4096> events;
    while (read(inotify_, events.data(), events.size()) > 0) {
    }
    look();
  }
}

}  // namespace fairlead::webhooks
