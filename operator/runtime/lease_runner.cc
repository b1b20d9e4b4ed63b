#include "operator/runtime/lease_runner.h"

namespace fairlead::runtime {
namespace {

constexpr char kManager[] = "fairlead/lease";

Result<LeaseRecord> Written(const Result<kube::Written>& written) {
  if (!written) return Unexpected(written.error());
  return ParseLease(written->body);
}

}  // namespace

LeaseRunner::LeaseRunner(kube::HttpTransport* transport, std::string ns, std::string name,
                         LeaseOptions options, Fence* fence, Callback gained, Callback lost,
                         const Clock* clock)
    : client_(transport, nullptr, options.renew_deadline / 2),
      lease_{{"coordination.k8s.io", "v1", "leases"}, std::move(ns), std::move(name)},
      elector_(std::move(options), clock, fence),
      gained_(std::move(gained)),
      lost_(std::move(lost)) {}

LeaseRunner::~LeaseRunner() { Stop(); }

void LeaseRunner::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void LeaseRunner::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::string LeaseRunner::holder() const {
  std::lock_guard lock(mutex_);
  return holder_;
}

void LeaseRunner::TellOf(const Error& error, ErrorClass expected) const {
  if (trouble_ && error.error_class != expected) trouble_(error);
}

void LeaseRunner::Perform() {
  const Elector::Step step = elector_.step();
  if (step.what == Elector::Do::kWait) return;
  if (step.what == Elector::Do::kRead) {
    const Result<std::string> body = client_.GetJson(lease_);
    if (!body) TellOf(body.error(), ErrorClass::kNotFound);  // there is none yet
    return elector_.OnRead(body ? ParseLease(*body) : Result<LeaseRecord>(Unexpected(body.error())));
  }
  const std::string json = LeaseJson(lease_.ns, lease_.name, step.record);
  const Result<kube::Written> written = step.what == Elector::Do::kCreate
                                            ? client_.Create(lease_, json, kManager)
                                            : client_.Update(lease_, json, kManager);
  if (!written) TellOf(written.error(), ErrorClass::kConflict);  // somebody else was faster
  elector_.OnWritten(Written(written));
}

void LeaseRunner::Tell() {
  bool changed = false;
  {
    std::lock_guard lock(mutex_);
    changed = holder_ != elector_.holder();
    holder_ = elector_.holder();
  }
  if (changed && on_holder_) on_holder_(elector_.holder());
  if (told_ == elector_.leading()) return;
  told_ = elector_.leading();
  (told_ ? gained_ : lost_)();
}

void LeaseRunner::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (elector_.step().what == Elector::Do::kWait) {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, stop, elector_.step().until, [] { return false; });
      lock.unlock();
      if (!stop.stop_requested()) elector_.OnTimer();
    } else {
      Perform();
    }
    Tell();
  }
  const bool release = elector_.Release();
  Tell();
  if (release) Perform();
}

}  // namespace fairlead::runtime
