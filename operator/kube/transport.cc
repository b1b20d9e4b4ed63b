#include "operator/kube/transport.h"

#include <algorithm>
#include <charconv>

namespace fairlead::kube {

std::string HttpHeaders::Get(const std::string& name) const {
  const auto it = values.find(name);
  return it == values.end() ? "" : it->second;
}

int HttpHeaders::RetryAfterSeconds() const {
  const std::string text = Get("retry-after");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return 0;
  return std::clamp(seconds, 0, 3600);
}

Result<HttpResponse> HttpTransport::Call(const HttpRequest& request, std::stop_token stop,
                                         const Clock& clock) {
  const Clock::TimePoint deadline = clock.Now() + request.timeout;
  Result<std::unique_ptr<HttpStream>> stream = Open(request);
  if (!stream) return Unexpected(stream.error());
  HttpResponse response;
  while (true) {
    StreamEvent event = (*stream)->Next(deadline, stop);
    switch (event.type) {
      case StreamEvent::Type::kHeaders:
        response.status = event.status;
        response.headers = std::move(event.headers);
        break;
      case StreamEvent::Type::kChunk:
        if (response.body.size() + event.bytes.size() > request.max_response_bytes) {
          return Unexpected(Error{ErrorClass::kInvalid,
                                  "the reply to " + request.method + " " + request.path + " is larger than " +
                                      std::to_string(request.max_response_bytes) + " bytes"});
        }
        response.body += event.bytes;
        break;
      case StreamEvent::Type::kEnd:
        if (!event.error) return Unexpected(event.error.error());
        return response;
      case StreamEvent::Type::kTimeout:
        return Unexpected(Error{ErrorClass::kTransient, request.method + " " + request.path +
                                                            ": no reply within " +
                                                            std::to_string(request.timeout.count()) + " ms"});
      case StreamEvent::Type::kStopped:
        return Unexpected(Error{ErrorClass::kCancelled, "stopped"});
    }
  }
}

std::string DefaultUserAgent() { return "fairlead-operator/" FAIRLEAD_VERSION; }

}  // namespace fairlead::kube
