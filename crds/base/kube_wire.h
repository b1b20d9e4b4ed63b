// The envelopes of the Kubernetes API: content types, the protobuf envelope, list pages, watch frames,
// Status.
//
// Who calls: crds/object/decode.h, which turns what is inside into values; the Kubernetes client for the
// errors of plain replies. Both content types have the same interface here. Views point into the input. Pure.
//
// Protobuf (k8s.io/apimachinery pkg/runtime/generated.proto): a body is the magic "k8s\0" and a
// runtime.Unknown{typeMeta 1{apiVersion 1, kind 2}, raw 2, contentEncoding 3}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"
#include "crds/base/wire.h"

namespace fairlead {

class JsonNode;

enum class ContentType : unsigned char { kJson, kProtobuf };
// What to ask for, and what a Content-Type header says (parameters such as ";stream=watch" are ignored).
std::string_view AcceptOf(ContentType type, bool watch);  // "application/json", …
std::optional<ContentType> ContentTypeOf(std::string_view header);

// The inside of a protobuf body: magic and runtime.Unknown taken off.
struct KubeEnvelope {
  std::string_view api_version;
  std::string_view kind;
  std::string_view raw;
};
Result<KubeEnvelope> OpenEnvelope(std::string_view body);

// metav1.Status, the API server's answer where it does not answer with an object.
struct KubeStatus {
  int code = 0;
  std::string reason;  // "Expired", "NotFound", …
  std::string message;
  int retry_after_seconds = 0;
  friend bool operator==(const KubeStatus&, const KubeStatus&) = default;
};
KubeStatus StatusFromProtobuf(std::string_view message, WireStatus* wire);
KubeStatus StatusFromJson(const JsonNode& status);
// The one place that says what a caller does about an HTTP code and a reason.
ErrorClass ClassOfReply(int http_status, std::string_view reason);
Error ErrorOf(const KubeStatus& status);
// The error of a reply that is not 2xx; the body may be a Status of either type, or anything (its first words
// are quoted then).
Error ErrorOfReply(int http_status, std::string_view content_type, std::string_view body);

}  // namespace fairlead
