#include "webhooks/review/review.h"

#include <array>

#include "crds/base/field_errors.h"
#include "crds/base/json_scan.h"
#include "crds/base/read.h"

namespace fairlead::webhooks {
namespace {

constexpr std::string_view kApiVersion = "admission.k8s.io/v1";
constexpr std::string_view kKind = "AdmissionReview";

// It goes back into the reply: printable, and short.
bool IsUid(std::string_view text) {
  if (text.empty() || text.size() > kMaxUid) return false;
  for (const char c : text) {
    if (c < '!' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

// The UID in text that is no JSON as a whole, such as a body that was cut.
std::string ScanUid(std::string_view body) {
  const JsonPlace place = LocateInJson(body, "request.uid");
  if (!place.whole || place.offset == 0 || place.offset >= body.size()) return "";
  const size_t colon = body.find_first_not_of(" \t\r\n", place.offset + std::string_view("\"uid\"").size());
  if (colon == std::string_view::npos || body[colon] != ':') return "";
  const size_t quote = body.find_first_not_of(" \t\r\n", colon + 1);
  if (quote == std::string_view::npos || body[quote] != '"') return "";
  const size_t end = body.find('"', quote + 1);
  if (end == std::string_view::npos) return "";
  const std::string_view uid = body.substr(quote + 1, end - quote - 1);
  return IsUid(uid) ? std::string(uid) : "";
}

void ReadEnvelope(const Reader& root, FieldErrors* errors) {
  std::string api_version, kind;
  if (root.RequiredString("apiVersion", &api_version) && api_version != kApiVersion) {
    errors->Add("apiVersion", "must be " + std::string(kApiVersion));
  }
  if (root.RequiredString("kind", &kind) && kind != kKind) {
    errors->Add("kind", "must be " + std::string(kKind));
  }
  if (!root.Has("request")) errors->Add("request", "is required");
}

std::optional<JsonNode> ObjectAt(const Reader& request, std::string_view member, bool required) {
  const std::optional<JsonNode> node = request.node().Find(member);
  if (node && node->IsObject()) return node;
  if (node && !node->IsNull()) {
    request.Add(member, "must be an object");
  } else if (required) {
    request.Add(member, "is required");
  }
  return std::nullopt;
}

void ReadRequest(const Reader& request, Review* out) {
  if (request.RequiredString("uid", &out->uid) && !IsUid(out->uid)) {
    request.Add("uid", "must be at most " + std::to_string(kMaxUid) + " printable characters");
    out->uid.clear();
  }
  request.Object("kind", [&](const Reader& kind) {
    kind.String("group", &out->kind.group);
    kind.RequiredString("version", &out->kind.version);
    kind.RequiredString("kind", &out->kind.kind);
  });
  if (!request.Has("kind")) request.Add("kind", "is required");
  request.String("subResource", &out->subresource);
  request.String("name", &out->name.name);
  request.String("namespace", &out->name.ns);
  if (!request.Has("operation")) request.Add("operation", "is required");
  request.Enum("operation",
               {{"CREATE", Operation::kCreate},
                {"UPDATE", Operation::kUpdate},
                {"DELETE", Operation::kDelete},
                {"CONNECT", Operation::kConnect}},
               &out->operation);
  request.Bool("dryRun", &out->dry_run);
  request.Object("options", [&](const Reader& o) { o.String("fieldManager", &out->field_manager); });
  request.Object("userInfo", [&](const Reader& user) {
    user.String("username", &out->user.name);
    user.Strings("groups", &out->user.groups);
  });
  const bool written = out->operation == Operation::kCreate || out->operation == Operation::kUpdate;
  out->object = ObjectAt(request, "object", written);
  out->old_object = ObjectAt(request, "oldObject", out->operation == Operation::kUpdate);
}

}  // namespace

std::string_view ToString(Operation operation) {
  constexpr std::array<std::string_view, 4> kNames = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
  return kNames[static_cast<size_t>(operation)];
}

Result<Review, Malformed> ReadReview(std::string_view body) {
  Result<JsonDocument> document = JsonDocument::Parse(body, kMaxReviewBytes);
  if (!document) {
    const bool readable = body.size() <= kMaxReviewBytes;
    return Unexpected(Malformed{readable ? ScanUid(body) : "", "the body is " + document.error().message});
  }
  const JsonNode root = document->root();
  if (!root.IsObject()) return Unexpected(Malformed{"", "the body must be a JSON object"});
  FieldErrors errors;
  Review out(std::move(*document));
  const Reader reader(root, &errors);
  ReadEnvelope(reader, &errors);
  reader.Object("request", [&](const Reader& request) { ReadRequest(request, &out); });
  if (errors.ok()) return out;
  return Unexpected(
      Malformed{std::move(out.uid), "no AdmissionReview that can be judged: " + Join(errors.errors())});
}

}  // namespace fairlead::webhooks
