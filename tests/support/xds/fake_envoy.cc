#include "tests/support/xds/fake_envoy.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "tests/support/xds/envoy_view.h"

namespace fairlead::testing {
namespace {

std::string Text(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  out.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

std::shared_ptr<grpc::Channel> Connect(const FakeEnvoy::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetMaxReceiveMessageSize(64 << 20);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.tls_ca.empty()) {
    credentials = grpc::SslCredentials({options.tls_ca, options.tls_key, options.tls_certificate});
    if (!options.tls_server_name.empty()) arguments.SetSslTargetNameOverride(options.tls_server_name);
  }
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(options.port), credentials, arguments);
}

}  // namespace

// No mutex is held where an operation is started: gRPC may call back inside.
class FakeEnvoy::Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Call(Options given) : options(std::move(given)), view_(options), stub_(Connect(options)) {}
  // Goes on with what `before`, which has ended, knew.
  Call(Options given, const Call& before) : Call(std::move(given)) {
    view_.Inherit(before.view_);
    state.held = options.held;
  }

  void Begin(std::shared_ptr<Call> self) {
    self_ = std::move(self);
    if (options.tls_ca.empty()) context_.set_wait_for_ready(true);
    for (const DeltaRequest& request : view_.First()) queue_.push_back(request.SerializeAsString());
    held_answers_ = options.hold_answers;
    paused_ = options.stop_reading;
    stub_.PrepareBidiStreamingCall(&context_, options.method, {}, this);
    AddHold();  // for writes and reads that are started outside of callbacks
    StartCall();
    if (!paused_) StartRead(&in_);
    Write();
  }

  void Queue(std::vector<DeltaRequest> requests, bool answers_held) {
    {
      std::lock_guard lock(mutex);
      for (size_t i = 0; i < requests.size(); ++i) {
        ((i == 0 && answers_held) ? kept_ : queue_).push_back(requests[i].SerializeAsString());
      }
    }
    Write();
  }
  void QueueRaw(std::string bytes) {
    {
      std::lock_guard lock(mutex);
      queue_.push_back(std::move(bytes));
    }
    Write();
  }

  void Release() {
    {
      std::lock_guard lock(mutex);
      held_answers_ = false;
      for (std::string& answer : kept_) queue_.push_back(std::move(answer));
      kept_.clear();
    }
    Write();
  }
  void Resume() {
    {
      std::lock_guard lock(mutex);
      if (!paused_ || state.ended || released_) return;
      paused_ = false;
    }
    StartRead(&in_);
  }
  void End() {
    context_.TryCancel();
    ReleaseHold();
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return state.ended; });
  }

  void OnReadDone(bool ok) override {
    if (!ok) return ReleaseHold();
    EnvoyView::Outcome outcome;
    bool hold = false;
    {
      std::lock_guard lock(mutex);
      DeltaResponse response;
      const std::string bytes = Text(in_);
      const auto at = std::chrono::steady_clock::now();
      if (!response.ParseFromString(bytes)) std::abort();
      outcome = view_.Apply(response, &state);
      outcome.received.at = at;
      outcome.received.bytes = bytes.size();
      ++state.responses;
      state.resources += outcome.received.resources.size();
      state.removals += outcome.received.removed.size();
      state.bytes += bytes.size();
      if (outcome.rejected) ++state.rejections;
      hold = held_answers_;
    }
    if (options.on_response) options.on_response(outcome.received);
    Queue(std::move(outcome.requests), hold);
    changed.notify_all();
    StartRead(&in_);
  }
  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(mutex);
      writing_ = false;
    }
    if (ok) Write();
  }
  void OnDone(const grpc::Status& status) override {
    // Not the last reference: End() is waited for. The channel must not end in here, in a thread that it
    // would join.
    self_.reset();
    std::lock_guard lock(mutex);
    state.ended = true;
    state.status_code = status.error_code();
    state.status_text = status.error_message();
    changed.notify_all();
  }

  const Options options;
  std::mutex mutex;
  std::condition_variable changed;
  State state;

 private:
  void Write() {
    {
      std::lock_guard lock(mutex);
      if (writing_ || queue_.empty() || released_) return;
      writing_ = true;
      ++starting_;
      const grpc::Slice slice(queue_.front());
      queue_.pop_front();
      out_ = grpc::ByteBuffer(&slice, 1);
    }
    StartWrite(&out_);
    {
      std::lock_guard lock(mutex);
      if (--starting_ > 0 || !std::exchange(release_due_, false)) return;
    }
    RemoveHold();
  }
  // Once. While a write is started gRPC must not be done with the call, so then Write does it.
  void ReleaseHold() {
    {
      std::lock_guard lock(mutex);
      if (released_) return;
      released_ = true;
      release_due_ = starting_ > 0;
      if (release_due_) return;
    }
    RemoveHold();
  }

  EnvoyView view_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::shared_ptr<Call> self_;  // until OnDone
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;
  std::deque<std::string> queue_;
  std::deque<std::string> kept_;  // answers
  bool writing_ = false;
  bool held_answers_ = false;
  bool paused_ = false;
  bool released_ = false;
  bool release_due_ = false;
  int starting_ = 0;  // that are inside StartWrite
};

FakeEnvoy::FakeEnvoy(Options options) : call_(std::make_shared<Call>(std::move(options))) {
  call_->Begin(call_);
}
FakeEnvoy::FakeEnvoy(std::shared_ptr<Call> call) : call_(std::move(call)) { call_->Begin(call_); }
FakeEnvoy::~FakeEnvoy() { Disconnect(); }
std::unique_ptr<FakeEnvoy> FakeEnvoy::Successor(int port) {
  Disconnect();
  Options options = call_->options;
  options.port = port;
  options.held = versions();
  return std::unique_ptr<FakeEnvoy>(new FakeEnvoy(std::make_shared<Call>(std::move(options), *call_)));
}
void FakeEnvoy::Disconnect() { call_->End(); }
void FakeEnvoy::ReleaseAnswers() { call_->Release(); }
void FakeEnvoy::ResumeReading() { call_->Resume(); }
void FakeEnvoy::SendRaw(std::string bytes) { call_->QueueRaw(std::move(bytes)); }

FakeEnvoy::State FakeEnvoy::state() const {
  std::lock_guard lock(call_->mutex);
  return call_->state;
}

bool FakeEnvoy::Await(const std::function<bool(const State&)>& condition,
                      std::chrono::milliseconds patience) const {
  std::unique_lock lock(call_->mutex);
  return call_->changed.wait_for(lock, patience, [&] { return condition(call_->state); });
}

}  // namespace fairlead::testing
