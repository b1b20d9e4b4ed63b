#include "cli/cluster.h"

#include <algorithm>
#include <functional>
#include <set>

#include "cli/parallel.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/kube_wire.h"
#include "crds/base/version.h"
#include "operator/kube/cpprest_transport.h"

namespace fairlead::cli {
namespace {

using reconcilers::LintCode;

constexpr char kPlace[] = "cluster";  // in place of a file, in messages

// What one kind gave: objects and problems, or why there are none.
struct Part {
  Kind kind = Kind::kService;
  bool whole = false;
  Loaded loaded;
  std::vector<std::set<std::string>> members;  // of Workspaces: their namespaces, as their status lists them
  Result<void> read;
};

// status.namespaces of a Workspace: "cluster/name", or the name alone
std::set<std::string> MembersOf(const JsonNode& workspace) {
  std::set<std::string> out;
  const std::optional<JsonNode> status = workspace.Find("status");
  const std::optional<JsonNode> names =
      status && status->IsObject() ? status->Find("namespaces") : std::nullopt;
  if (!names || !names->IsArray()) return out;
  for (const JsonNode name : names->Items()) {
    if (!name.IsString()) continue;
    const std::string_view text = name.AsString();
    const size_t slash = text.find('/');
    out.emplace(slash == std::string_view::npos ? text : text.substr(slash + 1));
  }
  return out;
}

// An item of a list is without the names of its kind.
std::string Whole(const std::string& version, const std::string& kind, const JsonNode& item) {
  std::string text = item.Print();
  if (!item.IsObject() || item.Find("kind")) return text;
  const std::string names = R"({"apiVersion":")" + version + R"(","kind":")" + kind + "\"";
  return text == "{}" ? names + "}" : names + "," + text.substr(1);
}

void Add(const JsonNode& item, Part* part) {
  Loaded* const out = &part->loaded;
  if (part->kind == Kind::kWorkspace) part->members.push_back(MembersOf(item));
  ParsedObject parsed = ParseObject(part->kind, item);
  const std::string name = KeyOf(parsed.object).ToString();
  const auto problem = [&](const FieldError& error, LintCode code) {
    out->problems.push_back({kPlace, 0, 0, name, error, code});
  };
  if (const auto* invalid = std::get_if<Ptr<Invalid>>(&parsed.object)) {
    for (const FieldError& error : (*invalid)->errors) problem(error, LintCode::kInvalidObject);
  }
  for (const FieldError& warning : parsed.warnings) problem(warning, LintCode::kDoubtfulValue);
  YamlDocument nowhere;
  nowhere.line = 0;
  if (part->whole) {
    const KindInfo& info = InfoOf(part->kind);
    nowhere.json = Whole(kube::ResourceOf(part->kind).GroupVersion(), std::string(info.name), item);
  }
  out->objects.push_back({std::move(parsed.object), kPlace, std::move(nowhere)});
}

// All pages of one collection. ns empty: all namespaces, or a cluster-scoped kind.
Result<void> ReadPages(kube::Client& client, const kube::Resource& resource, const std::string& ns,
                       const std::function<void(const JsonNode&)>& add) {
  std::string token;
  do {
    const std::string path =
        kube::WithQuery(kube::CollectionPath(resource, ns), {{"limit", "500"}, {"continue", token}});
    const Result<std::string> body = client.GetJson(path);
    if (!body) return Unexpected(body.error());
    const Result<JsonDocument> page = JsonDocument::Parse(*body, kMaxListPage);
    if (!page) return Unexpected(page.error());
    const std::optional<JsonNode> items = page->root().Find("items");
    if (items && items->IsArray()) {
      for (const JsonNode item : items->Items()) add(item);
    }
    const std::optional<JsonNode> meta = page->root().Find("metadata");
    token = meta ? std::string(meta->StringAt("continue")) : "";
  } while (!token.empty());
  return {};
}

// A kind that is not installed has no objects. Pages that became too old between two of them are read anew,
// once.
Part ReadKind(kube::Client& client, Kind kind, bool whole, const std::string& ns) {
  Part part;
  for (int round = 0; round < 2; ++round) {
    part = Part{kind, whole, {}, {}, {}};
    part.read =
        ReadPages(client, kube::ResourceOf(kind), ns, [&](const JsonNode& item) { Add(item, &part); });
    if (part.read || part.read.error().error_class != ErrorClass::kExpired) break;
  }
  if (!part.read && part.read.error().error_class == ErrorClass::kNotFound)
    part = Part{kind, whole, {}, {}, {}};
  return part;
}

// World does not read them, so they come as they are.
Result<void> ReadAuthorizationPolicies(kube::Client& client, const std::string& ns, Loaded* loaded) {
  static const kube::Resource kResource{"security.istio.io", "v1", "authorizationpolicies"};
  std::vector<LoadedForeign> found;
  Result<void> read;
  for (int round = 0; round < 2; ++round) {
    found.clear();
    read = ReadPages(client, kResource, ns, [&](const JsonNode& item) {
      YamlDocument document;
      document.line = 0;
      document.json = Whole(kResource.GroupVersion(), "AuthorizationPolicy", item);
      found.push_back({kPlace, std::move(document)});
    });
    if (read || read.error().error_class != ErrorClass::kExpired) break;
  }
  if (!read && read.error().error_class == ErrorClass::kNotFound) return {};
  if (read) std::move(found.begin(), found.end(), std::back_inserter(loaded->foreign));
  return read;
}

void Append(Loaded part, Loaded* loaded) {
  std::move(part.objects.begin(), part.objects.end(), std::back_inserter(loaded->objects));
  std::move(part.problems.begin(), part.problems.end(), std::back_inserter(loaded->problems));
}

// The namespaces that matter for a question about one of them.
std::set<std::string> Neighbours(const ClusterQuestion& question, const std::vector<Part>& parts) {
  std::set<std::string> out = {question.ns, question.root_namespace};
  for (const Part& part : parts) {
    for (const std::set<std::string>& members : part.members) {
      if (members.contains(question.ns)) out.insert(members.begin(), members.end());
    }
  }
  return out;
}

bool IsRefusal(const Result<void>& read) {
  return !read && read.error().error_class == ErrorClass::kForbidden && read.error().http_status == 403;
}

// What may be read of a kind that may not be read in all namespaces. What a Namespace is may be seen by
// whoever may see what is in it.
void ReadInside(kube::Client& client, Kind kind, bool whole, const std::set<std::string>& namespaces,
                Loaded* loaded) {
  for (const std::string& ns : namespaces) {
    if (kind == Kind::kNamespace) {
      Part part{kind, whole, {}, {}, {}};
      const Result<std::string> body = client.GetJson(kube::ObjectPath(kube::ResourceOf(kind), "", ns));
      const Result<JsonDocument> json =
          body ? JsonDocument::Parse(*body, kMaxListPage) : Unexpected(body.error());
      if (json) Add(json->root(), &part);
      if (!json && json.error().error_class != ErrorClass::kNotFound)
        loaded->unread.push_back({kind, ns, json.error().message, ""});
      Append(std::move(part.loaded), loaded);
      continue;
    }
    Part part = ReadKind(client, kind, whole, ns);
    if (!part.read) loaded->unread.push_back({kind, ns, part.read.error().message, ""});
    Append(std::move(part.loaded), loaded);
  }
}

std::vector<Kind> AllKinds() {
  std::vector<Kind> out;
  for (size_t i = 0; i < kKindCount; ++i) out.push_back(static_cast<Kind>(i));
  return out;
}

}  // namespace

Cluster::Cluster(kube::HttpTransport* transport, std::string default_namespace)
    : transport_(transport), client_(transport), default_namespace_(std::move(default_namespace)) {}

Cluster::Cluster(std::unique_ptr<kube::HttpTransport> transport, const kube::ClusterConfig& config)
    : owned_(std::move(transport)),
      transport_(owned_.get()),
      client_(transport_),
      default_namespace_(config.ns),
      server_(config.server) {}

Result<std::unique_ptr<Cluster>> Cluster::Connect(const kube::ConfigSources& sources) {
  const Result<kube::ClusterConfig> config = kube::LoadConfig(sources);
  if (!config) return Unexpected(config.error());
  kube::TransportOptions options;
  options.user_agent = "fairleadctl/" + std::string(Version());
  Result<std::unique_ptr<kube::HttpTransport>> transport = kube::MakeTransport(*config, options);
  if (!transport) return Unexpected(transport.error());
  return std::unique_ptr<Cluster>(new Cluster(std::move(*transport), *config));
}

Result<Loaded> Cluster::Load(const ClusterQuestion& question) {
  const std::vector<Kind> kinds = question.kinds.empty() ? AllKinds() : question.kinds;
  std::vector<Part> parts(kinds.size());
  ForEachIndex(kinds.size(), [&](size_t i) { parts[i] = ReadKind(client_, kinds[i], question.whole, ""); });
  const std::set<std::string> neighbours = Neighbours(question, parts);
  Loaded loaded;
  for (Part& part : parts) {
    const bool inside = InfoOf(part.kind).namespaced || part.kind == Kind::kNamespace;
    if (part.read) {
      Append(std::move(part.loaded), &loaded);
    } else if (!IsRefusal(part.read)) {
      return Unexpected(part.read.error());
    } else if (inside) {
      ReadInside(client_, part.kind, question.whole, neighbours, &loaded);
    } else {
      loaded.unread.push_back({part.kind, "", part.read.error().message, ""});
    }
  }
  if (!question.whole && !question.access) return loaded;
  const Result<void> policies = ReadAuthorizationPolicies(client_, "", &loaded);
  if (policies) return loaded;
  if (!IsRefusal(policies)) return Unexpected(policies.error());
  for (const std::string& ns : neighbours) {
    const Result<void> inside = ReadAuthorizationPolicies(client_, ns, &loaded);
    if (!inside)
      loaded.unread.push_back(
          {Kind::kService, ns, inside.error().message, "authorizationpolicies.security.istio.io"});
  }
  return loaded;
}

Result<std::string> Cluster::Post(const std::string& path, const std::string& body) {
  const kube::HttpRequest request{
      .method = "POST", .path = path, .content_type = "application/json", .body = body};
  const Result<kube::HttpResponse> response = transport_->Call(request);
  if (!response) return Unexpected(response.error());
  if (response->status != 201 && response->status != 200)
    return Unexpected(ErrorOfReply(response->status, response->headers.Get("content-type"), response->body));
  return response->body;
}

Result<Identity> Cluster::WhoAmI() {
  const Result<std::string> body =
      Post("/apis/authentication.k8s.io/v1/selfsubjectreviews",
           R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> json = JsonDocument::Parse(*body);
  if (!json) return Unexpected(json.error());
  const Json::Value user = ToJsonValue(json->root())["status"]["userInfo"];
  if (!user["username"].isString())
    return Unexpected(Error{ErrorClass::kInvalid, "the API server does not say who we are"});
  Identity out{user["username"].asString(), {}};
  for (const Json::Value& group : user["groups"]) out.groups.push_back(group.asString());
  return out;
}

Result<Cluster::Access> Cluster::MayDo(const Identity* who, const std::string& verb,
                                       const ObjectKey& object) {
  const KindInfo& info = InfoOf(object.kind);
  Json::Value review;
  review["apiVersion"] = "authorization.k8s.io/v1";
  review["kind"] = who == nullptr ? "SelfSubjectAccessReview" : "SubjectAccessReview";
  if (who != nullptr) {
    review["spec"]["user"] = who->user;
    for (const std::string& group : who->groups) review["spec"]["groups"].append(group);
  }
  Json::Value& asked = review["spec"]["resourceAttributes"];
  asked["namespace"] = object.ns;
  asked["name"] = object.name;
  asked["verb"] = verb;
  asked["group"] = std::string(info.group);
  asked["version"] = std::string(info.version);
  asked["resource"] = std::string(info.plural);
  const Result<std::string> body =
      Post(std::string("/apis/authorization.k8s.io/v1/") +
               (who == nullptr ? "selfsubjectaccessreviews" : "subjectaccessreviews"),
           WriteJson(review));
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> json = JsonDocument::Parse(*body);
  if (!json) return Unexpected(json.error());
  const Json::Value status = ToJsonValue(json->root())["status"];
  return Access{status["allowed"].isBool() && status["allowed"].asBool(), status["reason"].asString()};
}

}  // namespace fairlead::cli
