// FakeTransport: answers calls by a function and keeps what was asked. Any thread.
#pragma once

#include <functional>
#include <mutex>

#include "operator/kube/transport.h"

namespace fairlead::testing {

class FakeTransport final : public kube::HttpTransport {
 public:
  using Answer = std::function<Result<kube::HttpResponse>(const kube::HttpRequest&)>;
  explicit FakeTransport(Answer answer) : answer_(std::move(answer)) {}

  Result<std::unique_ptr<kube::HttpStream>> Open(const kube::HttpRequest& request) override {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
    Result<kube::HttpResponse> response = answer_(request);
    if (!response) return Unexpected(response.error());
    return std::unique_ptr<kube::HttpStream>(std::make_unique<Reply>(std::move(*response)));
  }
  std::vector<kube::HttpRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  static kube::HttpResponse Json(int status, std::string body) {
    return {status, {{{"content-type", "application/json"}}}, std::move(body)};
  }

 private:
  class Reply final : public kube::HttpStream {
   public:
    explicit Reply(kube::HttpResponse response) : response_(std::move(response)) {}
    kube::StreamEvent Next(Clock::TimePoint, std::stop_token) override {
      using Type = kube::StreamEvent::Type;
      switch (step_++) {
        case 0:
          return {.type = Type::kHeaders, .status = response_.status, .headers = response_.headers};
        case 1:
          return {.type = Type::kChunk, .bytes = response_.body};
        default:
          return {.type = Type::kEnd};
      }
    }

   private:
    kube::HttpResponse response_;
    int step_ = 0;
  };

  mutable std::mutex mutex_;
  Answer answer_;
  std::vector<kube::HttpRequest> requests_;
};

}  // namespace fairlead::testing
