#include "tests/support/apiserver/api.h"

#include "tests/support/apiserver/codec.h"
#include "tests/support/apiserver/discovery.h"
#include "tests/support/apiserver/reader.h"
#include "tests/support/apiserver/remover.h"
#include "tests/support/apiserver/writer.h"

namespace fairlead::apiserver {
namespace {

void AddWarnings(const std::vector<std::string>& warnings, Response* response) {
  for (const std::string& w : warnings) response->headers.emplace_back("Warning", "299 - " + QuoteJson(w));
}

bool Reads(const std::string& verb) { return verb == "get" || verb == "list" || verb == "watch"; }

Wire WireOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kDropBeforeHeaders:
      return Wire::kDropBeforeHeaders;
    case FaultKind::kDropAfterHeaders:
      return Wire::kDropAfterHeaders;
    case FaultKind::kDropInBody:
      return Wire::kDropInBody;
    case FaultKind::kStall:
      return Wire::kStall;
    default:
      return Wire::kNormal;
  }
}

Unexpected<Failure> NoSubresource(const ResourcePtr& resource, const RequestInfo& info) {
  return Unexpected(NotImplemented("the embedded API server has no subresource \"" + info.subresource +
                                   "\" of " + resource->plural +
                                   ": only \"status\" where the kind has one; use a real kube-apiserver"));
}

Failure NoSuchResource() {
  return {404, "NotFound", "the server could not find the requested resource", Object()};
}

bool IsBuiltinGroup(const Registry& registry, const std::string& group) {
  for (const ResourcePtr& r : registry.All()) {
    if (r->group == group) return r->builtin;
  }
  return false;
}

std::string ReviewKind(const std::string& plural) {
  static const std::map<std::string, std::string> kinds = {
      {"selfsubjectaccessreviews", "SelfSubjectAccessReview"},
      {"subjectaccessreviews", "SubjectAccessReview"},
      {"localsubjectaccessreviews", "LocalSubjectAccessReview"},
      {"selfsubjectreviews", "SelfSubjectReview"},
      {"tokenreviews", "TokenReview"},
  };
  const auto at = kinds.find(plural);
  return at == kinds.end() ? "" : at->second;
}

Value Denormal(const User& user) {
  Value out = Object();
  out["username"] = user.name;
  for (const std::string& g : user.groups) out["groups"].append(g);
  return out;
}

}  // namespace

Api::Api(ApiOptions options) : core_(std::move(options)), lifecycle_(core_) { lifecycle_.Bootstrap(); }

std::optional<User> Api::Authenticate(const Request& request) const {
  const std::string header = request.Header("authorization");
  if (core_.options.tokens.empty()) return User();
  if (!header.starts_with("Bearer ")) return std::nullopt;
  const auto at = core_.options.tokens.find(header.substr(7));
  return at == core_.options.tokens.end() ? std::nullopt : std::optional<User>(at->second);
}

Response Api::Handle(const Request& request) {
  const RequestInfo info = ParseTarget(request.method, request.target);
  AuditRecord record;
  record.verb = info.is_resource ? info.verb : "";
  record.group = info.group;
  record.resource = info.plural;
  record.subresource = info.subresource;
  record.ns = info.ns;
  record.name = info.name;
  record.path = info.path;
  record.user_agent = request.Header("user-agent");
  record.field_manager = info.Query("fieldManager");
  record.dry_run = info.Query("dryRun") == "All";
  if (info.path.starts_with("/faults")) return ControlFaults(info, request);
  if (info.path == "/audit") return ControlAudit(info, request);
  const std::optional<User> user = Authenticate(request);
  Response out;
  if (!user) {
    out = FailureResponse(Unauthorized());
  } else if (request.body.size() > core_.options.max_body_bytes) {
    out = FailureResponse(RequestTooLarge("limit is " + std::to_string(core_.options.max_body_bytes)));
  } else {
    record.user = user->name;
    out = Perform(info, request, *user, &record);
  }
  record.code = out.code;
  const bool changed = record.changed;
  audit_.Record(std::move(record));
  if (changed) faults_.Wrote(request);
  return out;
}

// Routes the request, with what goes wrong on the way.
Response Api::Perform(const RequestInfo& info, const Request& request, const User& user,
                      AuditRecord* record) {
  const std::optional<FaultRule> fault = faults_.Match(info, request);
  Wire wire = fault ? WireOf(fault->kind) : Wire::kNormal;
  const bool writes = record->IsWrite() && !record->dry_run;
  Response out;
  if (writes && faults_.Decide(WritePoint::kBefore, info, request) == WriteFate::kCut) {
    wire = Wire::kDropBeforeHeaders;
  } else if (fault && !fault->after &&
             (fault->kind == FaultKind::kStatus || wire == Wire::kDropBeforeHeaders ||
              wire == Wire::kStall)) {
    out = FailureResponse(FaultStatus(*fault));
  } else {
    out = Route(info, request, user, record);
    if (fault && out.stream) out.stream = WithFault(out.stream, *fault);
    if (fault && fault->after && fault->kind == FaultKind::kStatus)
      out = FailureResponse(FaultStatus(*fault));
    const bool stored = writes && record->changed;
    if (stored && faults_.Decide(WritePoint::kStored, info, request) == WriteFate::kCut) {
      wire = Wire::kDropBeforeHeaders;
    }
  }
  out.wire = wire;
  return out;
}

Response Api::Route(const RequestInfo& info, const Request& request, const User& user, AuditRecord* record) {
  std::lock_guard lock(core_.mutex);
  if (!info.is_resource) {
    if (request.method == "GET" || request.method == "HEAD") {
      if (std::optional<Response> out = ServeDiscovery(core_, info, request)) return std::move(*out);
    }
    return TextResponse(404, "404 page not found\n");
  }
  Outcome<Response> out = Resource(info, request, user, record);
  Response response = out ? std::move(*out) : FailureResponse(out.error());
  const ResourcePtr resource = core_.registry.Find(info.group, info.version, info.plural);
  if (resource && !resource->deprecation.empty()) AddWarnings({resource->deprecation}, &response);
  return response;
}

Outcome<Response> Api::Resource(const RequestInfo& info, const Request& request, const User& user,
                                AuditRecord* record) {
  if (info.group == "authentication.k8s.io" || info.group == "authorization.k8s.io")
    return Review(info, request, user);
  const ResourcePtr resource = core_.registry.Find(info.group, info.version, info.plural);
  if (!resource) {
    if (info.plural == "watch") {
      return Unexpected(NotImplemented("the embedded API server has no /watch/ paths: use ?watch=true"));
    }
    const std::vector<std::string> versions = core_.registry.VersionsOf(info.group);
    const bool routed = info.group.empty() || IsBuiltinGroup(core_.registry, info.group);
    if (routed && !versions.empty()) return Unexpected(NoSuchResource());
    return TextResponse(404, "404 page not found\n");
  }
  if (!info.subresource.empty() && !(info.subresource == "status" && resource->has_status)) {
    const bool known = resource->builtin && (info.subresource != "status");
    if (known) return NoSubresource(resource, info);
    return TextResponse(404, "404 page not found\n");
  }
  if (resource->namespaced && info.ns.empty() && !info.name.empty())
    return TextResponse(404, "404 page not found\n");
  const bool cluster_wide = resource->namespaced && info.ns.empty();
  if (cluster_wide && !Reads(info.verb)) return Unexpected(MethodNotAllowed("", "", ""));
  if (info.verb == "create" && !info.name.empty()) return Unexpected(MethodNotAllowed("", "", ""));
  if ((info.verb == "update" || info.verb == "patch") && info.name.empty()) {
    return Unexpected(MethodNotAllowed("", "", ""));
  }
  Reader reader(core_, resource, info, request);
  if (info.verb == "get") return reader.Get();
  if (info.verb == "list") return reader.List();
  if (info.verb == "watch") return reader.Watch();
  if (info.verb.empty()) return Unexpected(MethodNotAllowed("", "", ""));
  const uint64_t before = core_.store.revision();
  Outcome<Response> out = info.verb == "delete"             ? Delete(resource, info, request)
                          : info.verb == "deletecollection" ? DeleteCollection(resource, info, request)
                                                            : Write(resource, info, request);
  if (core_.store.revision() != before) {
    record->changed = true;
    lifecycle_.Settle();
  }
  return out;
}

Outcome<Response> Api::Write(const ResourcePtr& resource, const RequestInfo& info, const Request& request) {
  Outcome<Encoding> encoding = Negotiate(resource.get(), request, info);
  if (!encoding) return Unexpected(encoding.error());
  Writer writer(core_, *resource, info, request);
  Outcome<Written> written = info.verb == "create"   ? writer.Create()
                             : info.verb == "update" ? writer.Update()
                                                     : writer.Patch();
  if (!written) return Unexpected(written.error());
  Response out;
  out.code = written->created ? 201 : 200;
  out.content_type = encoding->ContentType(false);
  out.body = Codec(core_, *resource, *encoding).One(written->object);
  AddWarnings(written->warnings, &out);
  return out;
}

Outcome<Response> Api::Delete(const ResourcePtr& resource, const RequestInfo& info, const Request& request) {
  Outcome<Encoding> encoding = Negotiate(resource.get(), request, info);
  if (!encoding) return Unexpected(encoding.error());
  Outcome<DeleteOptions> options = ParseDeleteOptions(info, request);
  if (!options) return Unexpected(options.error());
  const StoreKey key{resource->Type(), resource->namespaced ? info.ns : "", info.name};
  Outcome<Removed> removed = RemoveObject(core_, *resource, key, *options);
  if (!removed) return Unexpected(removed.error());
  if (removed->gone && !resource->returns_deleted) {
    return JsonResponse(200, DeletedStatus(*resource, removed->object));
  }
  Response out;
  out.content_type = encoding->ContentType(false);
  out.body = Codec(core_, *resource, *encoding).One(Render(core_.registry, *resource, removed->object));
  return out;
}

Outcome<Response> Api::DeleteCollection(const ResourcePtr& resource, const RequestInfo& info,
                                        const Request& request) {
  Outcome<Encoding> encoding = Negotiate(resource.get(), request, info);
  if (!encoding) return Unexpected(encoding.error());
  Outcome<DeleteOptions> options = ParseDeleteOptions(info, request);
  if (!options) return Unexpected(options.error());
  Outcome<Selection> selection = ParseSelection(info, *resource);
  if (!selection) return Unexpected(selection.error());
  const Store::Listing listing = core_.store.List(resource->Type(), resource->namespaced ? info.ns : "");
  std::vector<Value> gone;
  for (const ObjectPtr& object : listing.items) {
    if (!selection->Matches(*object)) continue;
    Outcome<Removed> removed = RemoveObject(core_, *resource, KeyOf(*resource, *object), *options);
    if (!removed && removed.error().code != 404) return Unexpected(removed.error());
    gone.push_back(Render(core_.registry, *resource, *object));
  }
  Codec::ListMeta meta;
  meta.revision = listing.revision;
  Response out;
  out.content_type = encoding->ContentType(false);
  out.body = Codec(core_, *resource, *encoding).List(gone, meta);
  return out;
}

// Everybody may do everything here; who one is comes from the table of tokens.
Outcome<Response> Api::Review(const RequestInfo& info, const Request& request, const User& user) {
  if (info.verb != "create") return TextResponse(404, "404 page not found\n");
  const BodyKind kind = BodyKindOf(request);
  // Of a review in protobuf nothing is needed but that it is one: everybody may do everything.
  Outcome<Value> body = kind == BodyKind::kProtobuf ? Object() : ParseBody(request.body, kind, nullptr);
  if (!body) return Unexpected(body.error());
  Value out = *body;
  if (kind == BodyKind::kProtobuf) {
    out["apiVersion"] = info.group + "/" + info.version;
    out["kind"] = ReviewKind(info.plural);
  }
  if (info.plural.ends_with("accessreviews")) {
    out["status"]["allowed"] = true;
    return JsonResponse(201, out);
  }
  if (info.plural == "selfsubjectreviews") {
    out["status"]["userInfo"] = Denormal(user);
    return JsonResponse(201, out);
  }
  if (info.plural == "tokenreviews") {
    const auto at = core_.options.tokens.find(TextAt(*body, {"spec", "token"}));
    out["status"]["authenticated"] = at != core_.options.tokens.end();
    if (at != core_.options.tokens.end()) out["status"]["user"] = Denormal(at->second);
    return JsonResponse(201, out);
  }
  return Unexpected(
      NotImplemented("the embedded API server has no " + info.plural + ": use a real kube-apiserver"));
}

Response Api::ControlFaults(const RequestInfo& info, const Request& request) {
  if (request.method == "GET") return JsonResponse(200, faults_.Describe());
  if (info.path == "/faults/compact") {
    core_.store.Compact();
  } else if (info.path == "/faults/freeze") {
    core_.store.Freeze(info.Query("type"));
  } else if (info.path == "/faults/thaw") {
    core_.store.Thaw();
  } else if (request.method == "DELETE") {
    faults_.Clear();
  } else {
    Outcome<Value> body = ParseBody(request.body, BodyKind::kJson, nullptr);
    if (!body) return FailureResponse(body.error());
    Outcome<FaultRule> rule = Faults::FromJson(*body);
    if (!rule) return FailureResponse(rule.error());
    faults_.Add(std::move(*rule));
  }
  return JsonResponse(200, faults_.Describe());
}

Response Api::ControlAudit(const RequestInfo& info, const Request& request) {
  if (request.method == "DELETE") audit_.Clear();
  Value counts(Json::objectValue);
  for (const auto& [what, count] : audit_.Count(info.Query("userAgent"))) counts[what] = count;
  return JsonResponse(200, counts);
}

Outcome<Value> Api::Apply(const Value& object, const std::string& manager) {
  const std::string api_version = TextAt(object, "apiVersion");
  const size_t slash = api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  const std::string version = slash == std::string::npos ? api_version : api_version.substr(slash + 1);
  Request request;
  request.method = "PATCH";
  {
    std::lock_guard lock(core_.mutex);
    const ResourcePtr resource = core_.registry.FindKind(group, version, TextAt(object, "kind"));
    if (!resource)
      return Unexpected(BadRequest("no resource of " + api_version + ", Kind=" + TextAt(object, "kind")));
    const std::string ns = NamespaceOf(object).empty() ? "default" : NamespaceOf(object);
    request.target = (group.empty() ? "/api/" : "/apis/") + api_version +
                     (resource->namespaced ? "/namespaces/" + UrlEncode(ns) : "") + "/" + resource->plural +
                     "/" + UrlEncode(NameOf(object)) + "?force=true&fieldManager=" + UrlEncode(manager);
  }
  request.headers = {{"content-type", "application/apply-patch+yaml"}, {"user-agent", manager}};
  request.body = Print(object);
  AuditRecord ignored;
  const Response response = Route(ParseTarget(request.method, request.target), request, User(), &ignored);
  Result<Value> body = ParseJson(response.body);
  if (!body) return Unexpected(InternalError(response.body));
  if (response.code >= 300) {
    return Unexpected(
        Failure{response.code, TextAt(*body, "reason"), TextAt(*body, "message"), Get(*body, "details")});
  }
  return std::move(*body);
}

Outcome<Value> Api::ReadObject(const std::string& api_version, const std::string& kind, const std::string& ns,
                               const std::string& name) {
  const size_t slash = api_version.find('/');
  std::lock_guard lock(core_.mutex);
  const ResourcePtr resource =
      core_.registry.FindKind(slash == std::string::npos ? "" : api_version.substr(0, slash),
                              slash == std::string::npos ? api_version : api_version.substr(slash + 1), kind);
  if (!resource) return Unexpected(BadRequest("no resource of " + api_version + ", Kind=" + kind));
  const ObjectPtr found = core_.store.Get({resource->Type(), resource->namespaced ? ns : "", name});
  if (!found) return Unexpected(NotFound(resource->group, resource->plural, name));
  return Render(core_.registry, *resource, *found);
}

}  // namespace fairlead::apiserver
