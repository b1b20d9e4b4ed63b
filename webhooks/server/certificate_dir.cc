#include "webhooks/server/certificate_dir.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "crds/base/file.h"

namespace fairlead::webhooks {
namespace {

constexpr size_t kMaxFile = 1u << 20;

Result<std::string> ReadFile(const std::string& path) {
  Result<std::string> text = ReadWholeFile(path, kMaxFile);
  if (text) return text;
  return Unexpected(Error{ErrorClass::kInvalid, path + ": " + text.error().message});
}

Unexpected<Error> System(const std::string& what) {
  return Unexpected(Error{ErrorClass::kFatal, what + ": " + std::strerror(errno)});
}

}  // namespace

CertificateDir::CertificateDir(std::string dir, std::string client_ca_file)
    : dir_(std::move(dir)), client_ca_file_(std::move(client_ca_file)) {}

CertificateDir::~CertificateDir() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(stop_, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  if (inotify_ >= 0) close(inotify_);
  if (stop_ >= 0) close(stop_);
}

Result<TlsMaterial> CertificateDir::Read() const {
  Result<std::string> certificate = ReadFile(dir_ + "/tls.crt");
  if (!certificate) return Unexpected(certificate.error());
  Result<std::string> key = ReadFile(dir_ + "/tls.key");
  if (!key) return Unexpected(key.error());
  TlsMaterial out{std::move(*certificate), Secret(std::move(*key)), ""};
  if (!client_ca_file_.empty()) {
    Result<std::string> ca = ReadFile(client_ca_file_);
    if (!ca) return Unexpected(ca.error());
    if (ca->empty()) return Unexpected(Error{ErrorClass::kInvalid, client_ca_file_ + ": is empty"});
    out.client_ca_pem = std::move(*ca);
  }
  // Files that were written one after the other: the pair is whole once both fit.
  if (Result<TlsContext> usable = MakeTlsContext(out); !usable) {
    return Unexpected(Error{ErrorClass::kInvalid, dir_ + ": " + usable.error().message});
  }
  return out;
}

Result<void> CertificateDir::Watch(std::function<void(Result<TlsMaterial>)> changed) {
  inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (inotify_ < 0 || stop_ < 0) return System("cannot watch " + dir_);
  constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE;
  if (inotify_add_watch(inotify_, dir_.c_str(), kEvents | IN_ONLYDIR) < 0)
    return System("cannot watch " + dir_);
  if (!client_ca_file_.empty()) {
    const std::string beside = std::filesystem::path(client_ca_file_).parent_path().string();
    if (inotify_add_watch(inotify_, beside.empty() ? "." : beside.c_str(),
                          kEvents | IN_ONLYDIR | IN_MASK_ADD) < 0) {
      return System("cannot watch " + beside);
    }
  }
  thread_ = std::thread([this, changed = std::move(changed)] { Run(changed); });
  return {};
}

void CertificateDir::Run(const std::function<void(Result<TlsMaterial>)>& changed) const {
  std::optional<Result<TlsMaterial>> last;
  const auto look = [&] {
    Result<TlsMaterial> now = Read();
    const bool same =
        last && last->has_value() == now.has_value() && (now ? **last == *now : last->error() == now.error());
    if (same) return;
    last = now;
    changed(std::move(now));
  };
  look();
  std::array<pollfd, 2> wait = {pollfd{inotify_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (true) {
    if (poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    if (wait[0].revents == 0) continue;
    // Which file it was does not matter: what is read is compared.
    alignas(inotify_event) std::array<char, 4096> events;
    while (read(inotify_, events.data(), events.size()) > 0) {
    }
    look();
  }
}

}  // namespace fairlead::webhooks
