#include "operator/kube/reflector.h"

namespace fairlead::kube {

Reflector::Reflector(HttpTransport* transport, WatchTarget target, std::unique_ptr<WatchHandler> handler,
                     WatcherOptions options, const Clock* clock)
    : transport_(transport),
      handler_(std::move(handler)),
      clock_(clock),
      random_(std::random_device{}()),
      watcher_(std::move(target), options, handler_.get(), clock,
               [this] { return std::uniform_real_distribution<double>(0, 1)(random_); }) {}

Reflector::~Reflector() { Stop(); }

void Reflector::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Reflector::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Reflector::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

WatchStatus Reflector::status() const {
  std::lock_guard lock(mutex_);
  return published_;
}

void Reflector::Publish() {
  std::lock_guard lock(mutex_);
  published_ = watcher_.status();
}

void Reflector::Run(const std::stop_token& stop) {
  watcher_.Start();
  while (!stop.stop_requested()) {
    Publish();
    switch (watcher_.step().what) {
      case Watcher::Do::kList:
        List(stop);
        break;
      case Watcher::Do::kWatch:
        Watch(stop);
        break;
      case Watcher::Do::kWait:
        Pause(stop);
        break;
    }
  }
}

void Reflector::List(const std::stop_token& stop) {
  Result<HttpResponse> response = transport_->Call(watcher_.step().request, stop, *clock_);
  if (stop.stop_requested()) return;
  if (response) {
    watcher_.OnListReply(*response);
  } else {
    watcher_.OnListFailed(response.error());
  }
}

void Reflector::Watch(const std::stop_token& stop) {
  const uint64_t number = watcher_.step().number;
  Result<std::unique_ptr<HttpStream>> stream = transport_->Open(watcher_.step().request);
  if (!stream) return watcher_.OnStreamEnd(Unexpected(stream.error()));
  while (watcher_.step().number == number) {
    StreamEvent event = (*stream)->Next(watcher_.step().until, stop);
    if (stop.stop_requested()) return;
    Feed(std::move(event));
    Publish();
  }
}

void Reflector::Feed(StreamEvent event) {
  switch (event.type) {
    case StreamEvent::Type::kHeaders:
      return watcher_.OnStreamHeaders(event.status, event.headers);
    case StreamEvent::Type::kChunk:
      return watcher_.OnStreamBytes(event.bytes);
    case StreamEvent::Type::kEnd:
      return watcher_.OnStreamEnd(event.error);
    case StreamEvent::Type::kTimeout:
      return watcher_.OnTimer();
    case StreamEvent::Type::kStopped:
      return;
  }
}

void Reflector::Pause(const std::stop_token& stop) {
  bool woken = false;
  {
    std::unique_lock lock(mutex_);
    woken = wake_.wait_until(lock, stop, watcher_.step().until, [this] { return woken_; });
    woken_ = false;
  }
  if (stop.stop_requested()) return;
  const uint64_t number = watcher_.step().number;
  if (woken) watcher_.Wake();
  if (watcher_.step().number == number && clock_->Now() >= watcher_.step().until) watcher_.OnTimer();
}

}  // namespace fairlead::kube
