// What a proxy sends: any bytes as requests, between publications, against the session as the server runs it.
// The input is a list of steps, each a byte: 0 a request (two bytes of length, then a DeltaDiscoveryRequest),
// 1 send what is due, 2 change the resource that the next byte names, 3 acknowledge the oldest response, 4
// reject it.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

#include "dataplane/server/ads_wire.h"

namespace {

using namespace fairlead::xds;

class Silent final : public SessionObserver {
 public:
  void OnAcked(const ResourcePtr& resource) override { Check(resource != nullptr); }
  void OnRemovalAcked(const ResourceName&) override {}
  void OnRejected(const ResourcePtr& resource, const std::string& text) override {
    Check(resource != nullptr && !text.empty() && text.size() <= 1024);
  }
  void OnHeldBack(const ResourcePtr& resource) override { Check(resource != nullptr); }
  static void Check(bool ok) {
    if (!ok) std::abort();
  }
};

class Run {
 public:
  Run() : session_(std::make_unique<Session>(&shelf_, &observer_, Limits())) {
    for (int i = 0; i < 20; ++i) Change(static_cast<uint8_t>(i));
  }

  void Do(std::string_view input) {
    while (!input.empty()) {
      const auto step = static_cast<uint8_t>(input[0]);
      input.remove_prefix(1);
      if (step % 5 == 0) {
        if (input.size() < 2) return;
        const size_t length = static_cast<uint8_t>(input[0]) * 256u + static_cast<uint8_t>(input[1]);
        input.remove_prefix(2);
        if (!Request(input.substr(0, length))) return;
        input.remove_prefix(std::min(length, input.size()));
      } else if (step % 5 == 1) {
        Send();
      } else if (step % 5 == 2) {
        if (input.empty()) return;
        Change(static_cast<uint8_t>(input[0]));
        input.remove_prefix(1);
      } else {
        Answer(step % 5 == 4);
      }
    }
    // Let run out, it comes to rest.
    for (int n = 0; n < 100'000; ++n) {
      if (!Send() && sent_.empty()) return;
      Answer(false);
    }
    std::abort();
  }

 private:
  static SessionLimits Limits() {
    return {.max_subscriptions = 64, .max_name_bytes = 64, .max_response_bytes = 200, .max_unanswered = 3};
  }

  bool Request(std::string_view bytes) {
    const auto parsed = ParseAdsRequest(bytes);
    if (!parsed || !session_->OnRequest(parsed->request)) return false;
    Silent::Check(session_->memory_bytes() < 256 * 1024);
    return true;
  }

  bool Send() {
    std::optional<Response> response = session_->Next();
    if (!response) return false;
    Silent::Check(response->resources.empty() || response->removed.empty());
    EncodeResponseHead(*response);
    sent_.push_back(std::move(*response));
    return true;
  }

  void Answer(bool reject) {
    if (sent_.empty()) return;
    fairlead::xds::Request request;
    request.type_url = TypeUrl(sent_.front().type);
    request.response_nonce = sent_.front().nonce;
    if (reject) request.error_detail = "rejected\n\xc3";
    sent_.pop_front();
    (void)session_->OnRequest(request);
  }

  // Bits: 5 types × 4 names, and whether it goes or has content 0 or 1 or 2.
  void Change(uint8_t what) {
    const ResourceName name{static_cast<Type>(what % kTypeCount),
                            std::string(1, static_cast<char>('a' + what / 5 % 4))};
    const uint8_t content = what / 20 % 4;
    if (content == 3) {
      auto [slot, old] = shelf_.Remove(name);
      if (!old) return;
      session_->OnChange(slot, old);
      shelf_.Release(slot);
      return;
    }
    std::vector<ResourceName> needs;
    if (name.type == Type::kRoute) needs = {{Type::kCluster, name.name}, {Type::kEndpoints, name.name}};
    auto [slot, old] =
        shelf_.Put(MakeResource(name, std::string(50, static_cast<char>('0' + content)), needs, {}));
    session_->OnChange(slot, old);
  }

  Shelf shelf_;
  Silent observer_;
  std::unique_ptr<Session> session_;
  std::deque<Response> sent_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Run().Do({reinterpret_cast<const char*>(data), size});
  return 0;
}
