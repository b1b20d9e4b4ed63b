#include "operator/kube/client.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/kube_wire.h"
#include "crds/base/parse.h"
#include "operator/kube/versioned.h"

namespace fairlead::kube {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kMetadataOnly[] =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";
constexpr char kStrict[] = "Strict";
constexpr int kPageSize = 500;

Error ErrorOfResponse(const HttpRequest& request, const HttpResponse& response) {
  Error error = ErrorOfReply(response.status, response.headers.Get("content-type"), response.body);
  error.retry_after_seconds = std::max(error.retry_after_seconds, response.headers.RetryAfterSeconds());
  const std::string path = request.path.substr(0, request.path.find('?'));
  error.message = request.method + " " + path + ": " + error.message;
  return error;
}

Error Misuse(const std::string& message) { return Error{ErrorClass::kFatal, message}; }

// Warning: 299 - "text"; several are joined by ", ".
std::vector<std::string> WarningsOf(const HttpHeaders& headers) {
  std::vector<std::string> out;
  const std::string text = headers.Get("warning");
  for (size_t at = 0; (at = text.find('"', at)) != std::string::npos && out.size() < 16;) {
    std::string warning;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      warning += text[at];
    }
    out.push_back(std::move(warning));
    ++at;
  }
  return out;
}

Result<std::string> WithVersion(const std::string& json, const std::string& resource_version) {
  return resource_version.empty() ? Result<std::string>(json) : WithResourceVersion(json, resource_version);
}

std::pair<std::string, std::string> DryRun(Client::Mode mode) {
  return {"dryRun", mode == Client::Mode::kDryRun ? "All" : ""};
}

}  // namespace

Result<std::string> Client::Read(const std::string& path, const std::string& accept,
                                 std::string* content_type, std::stop_token stop) {
  const HttpRequest request{.path = path, .accept = accept, .timeout = timeout_};
  Result<HttpResponse> response = transport_->Call(request, stop);
  if (!response) return Unexpected(response.error());
  if (response->status != 200) return Unexpected(ErrorOfResponse(request, *response));
  if (content_type != nullptr) *content_type = response->headers.Get("content-type");
  return std::move(response->body);
}

Result<std::string> Client::GetJson(const std::string& path, std::stop_token stop) {
  return Read(path, kJson, nullptr, stop);
}

Result<std::string> Client::GetMetadataList(const std::string& path, std::stop_token stop) {
  return Read(path, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json",
              nullptr, stop);
}

Result<AnyObject> Client::Get(Kind kind, const NamespacedName& name, std::stop_token stop) {
  const bool protobuf = InfoOf(kind).protobuf;
  const std::string accept =
      protobuf ? std::string(AcceptOf(ContentType::kProtobuf, false)) + ", " + kJson : std::string(kJson);
  std::string type;
  Result<std::string> body = Read(ObjectPath(ResourceOf(kind), name.ns, name.name), accept, &type, stop);
  if (!body) return Unexpected(body.error());
  return DecodeObject(kind, ContentTypeOf(type).value_or(ContentType::kJson), *body);
}

Result<std::vector<ObjectMeta>> Client::ListMetadata(Kind kind, std::stop_token stop) {
  std::vector<ObjectMeta> out;
  std::string token;
  do {
    const Result<std::string> body =
        GetMetadataList(WithQuery(CollectionPath(ResourceOf(kind), ""),
                                  {{"limit", std::to_string(kPageSize)}, {"continue", token}}),
                        stop);
    if (!body) return Unexpected(body.error());
    const Result<JsonDocument> page = JsonDocument::Parse(*body, kMaxListPage);
    if (!page) return Unexpected(page.error());
    if (const std::optional<JsonNode> items = page->root().Find("items")) {
      for (const JsonNode item : items->Items()) out.push_back(ParseMeta(item));
    }
    const std::optional<JsonNode> next = page->root().FindPath({"metadata", "continue"});
    token = next ? std::string(next->AsString()) : "";
  } while (!token.empty());
  return out;
}

Result<std::vector<AnyObject>> Client::List(Kind kind, const std::string& ns,
                                            const std::string& label_selector, std::stop_token stop) {
  std::vector<AnyObject> out;
  std::string token;
  do {
    const std::string path = WithQuery(
        CollectionPath(ResourceOf(kind), ns),
        {{"labelSelector", label_selector}, {"limit", std::to_string(kPageSize)}, {"continue", token}});
    Result<std::string> body = Read(path, kJson, nullptr, stop);
    if (!body) return Unexpected(body.error());
    Result<ListPage> page = DecodeList(kind, ContentType::kJson, *body);
    if (!page) return Unexpected(page.error());
    for (AnyObject& item : page->items) out.push_back(std::move(item));
    token = std::move(page->continue_token);
  } while (!token.empty());
  return out;
}

// The one way out for everything that changes the cluster.
Result<HttpResponse> Client::Send(HttpRequest request) {
  request.timeout = timeout_;
  if (gate_ != nullptr) {
    Result<std::chrono::milliseconds> open = gate_->Open();
    if (!open) return Unexpected(open.error());
    request.timeout = std::min(request.timeout, *open);
  }
  Result<HttpResponse> response = transport_->Call(request);
  if (!response) return response;
  if (response->status < 200 || response->status > 299)
    return Unexpected(ErrorOfResponse(request, *response));
  return response;
}

Result<Written> Client::Write(HttpRequest request) {
  Result<HttpResponse> response = Send(std::move(request));
  if (!response) return Unexpected(response.error());
  Result<JsonDocument> doc = JsonDocument::Parse(response->body, 8u << 20);
  if (!doc) return Unexpected(doc.error());
  Written out{.body = std::move(response->body), .warnings = WarningsOf(response->headers)};
  if (const std::optional<JsonNode> meta = doc->root().Find("metadata")) {
    out.uid = meta->StringAt("uid");
    out.resource_version = meta->StringAt("resourceVersion");
    if (const std::optional<JsonNode> generation = meta->Find("generation")) {
      out.generation = generation->AsInt().value_or(0);
    }
  }
  return out;
}

Result<Written> Client::Create(const ObjectName& name, const std::string& json, const std::string& manager,
                               Mode mode) {
  if (name.name.empty())
    return Unexpected(Misuse("a created object must have a name: a generated one is made twice"));
  return Write({.method = "POST",
                .path = WithQuery(CollectionPath(name.resource, name.ns),
                                  {{"fieldManager", manager}, {"fieldValidation", kStrict}, DryRun(mode)}),
                .content_type = kJson,
                .body = json});
}

Result<Written> Client::Update(const ObjectName& name, const std::string& json, const std::string& manager,
                               const std::string& subresource, Mode mode) {
  Result<JsonDocument> doc = JsonDocument::Parse(json);
  if (!doc) return Unexpected(doc.error());
  const std::optional<JsonNode> version = doc->root().FindPath({"metadata", "resourceVersion"});
  if (!version || version->AsString().empty()) {
    return Unexpected(Misuse("update of " + name.ToString() + " without metadata.resourceVersion"));
  }
  return Write({.method = "PUT",
                .path = WithQuery(ObjectPath(name.resource, name.ns, name.name, subresource),
                                  {{"fieldManager", manager}, {"fieldValidation", kStrict}, DryRun(mode)}),
                .content_type = kJson,
                .body = json});
}

Result<Written> Client::Apply(const ObjectName& name, const std::string& json, const ApplyOptions& options) {
  if (options.manager.empty())
    return Unexpected(Misuse("apply of " + name.ToString() + " without a field manager"));
  Result<std::string> body = WithVersion(json, options.resource_version);
  if (!body) return Unexpected(body.error());
  return Write({.method = "PATCH",
                .path = WithQuery(ObjectPath(name.resource, name.ns, name.name, options.subresource),
                                  {{"fieldManager", options.manager},
                                   {"fieldValidation", kStrict},
                                   {"force", options.force ? "true" : ""},
                                   {"dryRun", options.dry_run ? "All" : ""}}),
                .content_type = "application/apply-patch+yaml",
                .body = std::move(*body)});
}

Result<Written> Client::MergePatch(const ObjectName& name, const std::string& patch,
                                   const std::string& resource_version, const std::string& manager,
                                   const std::string& subresource, Reply reply) {
  Result<std::string> body = WithVersion(patch, resource_version);
  if (!body) return Unexpected(body.error());
  return Write({.method = "PATCH",
                .path = WithQuery(ObjectPath(name.resource, name.ns, name.name, subresource),
                                  {{"fieldManager", manager}, {"fieldValidation", kStrict}}),
                .accept = reply == Reply::kMetadata ? kMetadataOnly : kJson,
                .content_type = "application/merge-patch+json",
                .body = std::move(*body)});
}

Result<void> Client::Delete(const ObjectName& name, const DeleteOptions& options) {
  if (options.uid.empty()) return Unexpected(Misuse("delete of " + name.ToString() + " without a uid"));
  Json::Value body;
  body["apiVersion"] = "v1";
  body["kind"] = "DeleteOptions";
  body["propagationPolicy"] = options.propagation;
  body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) body["preconditions"]["resourceVersion"] = options.resource_version;
  if (options.dry_run) body["dryRun"].append("All");
  Result<HttpResponse> response = Send({.method = "DELETE",
                                        .path = ObjectPath(name.resource, name.ns, name.name),
                                        .content_type = kJson,
                                        .body = WriteJson(body)});
  // What is gone already was deleted by us or by somebody else: either is what was asked for.
  if (!response && response.error().error_class == ErrorClass::kNotFound) return {};
  if (!response) return Unexpected(response.error());
  return {};
}

}  // namespace fairlead::kube
