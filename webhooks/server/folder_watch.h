// FolderWatch: tells of changes in folders, so that files are read anew when they change.
//
// Who calls: whoever serves by mounted files. The kubelet writes a Secret or ConfigMap into a folder of its
// own and swaps the link `..data`; inotify tells of that, and of files that are written in place, so nothing
// is polled. One thread of its own. Which file it was is not told: compare what you read (OnDifference).
//
//   auto watch = FolderWatch::Start({"/certs"}, OnDifference<std::string>(read, [](Result<std::string> now) {
//   … }));
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::webhooks {

class FolderWatch {
 public:
  // Calls `look` on a thread of its own: once at the start, so that nothing is missed between a read before
  // and this, and then after changes. The same folder twice is no matter.
  static Result<std::unique_ptr<FolderWatch>> Start(const std::vector<std::string>& folders,
                                                    std::function<void()> look);
  ~FolderWatch();  // no call is under way after it
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

 private:
  FolderWatch() = default;
  void Run(const std::function<void()>& look) const;

  int inotify_ = -1;
  int stop_ = -1;  // an eventfd
  std::thread thread_;
};

// The folder that a file is in.
std::string FolderOf(const std::string& file);

// Reads, and calls `changed` where that gives something else than the last time.
template <class T>
std::function<void()> OnDifference(std::function<Result<T>()> read, std::function<void(Result<T>)> changed) {
  return [read = std::move(read), changed = std::move(changed), last = std::optional<Result<T>>()]() mutable {
    Result<T> now = read();
    const bool same =
        last && last->has_value() == now.has_value() && (now ? **last == *now : last->error() == now.error());
    if (same) return;
    last = now;
    changed(std::move(now));
  };
}

}  // namespace fairlead::webhooks
