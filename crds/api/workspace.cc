#include "crds/api/workspace.h"

#include <algorithm>
#include <charconv>

#include "crds/api/policy_fields.h"
#include "crds/api/policy_reader.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxSelections = 32, kMaxNames = 64, kMaxRoles = 16, kMaxSubjects = 32, kMaxGrants = 8;
constexpr size_t kMaxFields = 16, kMaxBounds = 16, kMaxIngress = 16;

constexpr EnumName<Isolation> kIsolations[] = {
    {"Enforced", Isolation::kEnforced}, {"Audit", Isolation::kAudit}, {"Off", Isolation::kOff}};
constexpr EnumName<WaypointMode> kWaypoints[] = {{"Auto", WaypointMode::kAuto},
                                                 {"Manual", WaypointMode::kManual}};
constexpr EnumName<Subject::Kind> kSubjectKinds[] = {{"User", Subject::Kind::kUser},
                                                     {"Group", Subject::Kind::kGroup},
                                                     {"ServiceAccount", Subject::Kind::kServiceAccount}};
constexpr EnumName<Kind> kGrantKinds[] = {{"RetryTimeoutPolicy", Kind::kRetryTimeoutPolicy},
                                          {"FailoverPolicy", Kind::kFailoverPolicy},
                                          {"WorkspaceSettings", Kind::kWorkspaceSettings}};
constexpr EnumName<Scope> kWiderScopes[] = {{"Workspace", Scope::kWorkspace}, {"Mesh", Scope::kMesh}};

// YAML 1.1, and so kubectl, takes Off without quotes for the boolean false, and sends that.
std::optional<Isolation> ReadIsolation(ObjectReader& spec) {
  const auto node = spec.Take("isolation");
  if (!node) return std::nullopt;
  if (node->AsBool() == false) return Isolation::kOff;
  return ReadEnumValue(*node, spec.at("isolation"), kIsolations);
}

NamespaceSelection ReadSelection(ObjectReader& r) {
  NamespaceSelection out;
  out.cluster = r.String("cluster", {.max = 63, .check = CheckClusterGlob}).value_or(out.cluster);
  out.names = ReadStringSet(r, "names", {.max = kMaxNames}, {.max = 63, .check = CheckNameGlob});
  out.selector = ReadSelectorAt(r, "selector");
  const auto names = r.Peek("names");
  const bool named = names && (!names->IsArray() || names->Items().begin() != names->Items().end());
  if (!named && !r.Has("selector")) {
    r.field().Add("must have names or selector; names: [\"*\"] takes every namespace");
  }
  return out;
}

void ReadIngress(ObjectReader& spec, Workspace* out) {
  spec.Objects("ingress", {.max = kMaxIngress}, [&](ObjectReader& r) {
    const auto ns = r.String("namespace", {.max = 63, .check = CheckDnsLabel, .required = true});
    const auto account =
        r.String("serviceAccount", {.max = 253, .check = CheckDnsSubdomain, .required = true});
    if (!ns || !account) return;
    const IngressGateway gateway{*ns, *account};
    if (IsNew(gateway, out->ingress, r.field())) out->ingress.push_back(gateway);
  });
}

Subject ReadSubject(ObjectReader& r) {
  Subject out;
  const auto kind = r.Enum("kind", kSubjectKinds, true);
  out.kind = kind.value_or(out.kind);
  out.name = r.String("name", {.max = 253, .required = true}).value_or("");
  out.ns = r.String("namespace", {.max = 63, .check = CheckDnsLabel}).value_or("");
  if (kind && (*kind == Subject::Kind::kServiceAccount) != r.Has("namespace")) {
    r.at("namespace")
        .Add(*kind == Subject::Kind::kServiceAccount
                 ? "is required for a ServiceAccount"
                 : "must not be set for a " + std::string(NameOf(kSubjectKinds, *kind)));
  }
  return out;
}

bool Granted(const std::vector<Kind>& kinds, std::string_view path) {
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](Kind kind) { return FindPolicyField(kind, path) != nullptr; });
}

std::string KindList(const std::vector<Kind>& kinds) {
  std::string out;
  for (Kind kind : kinds) out += (out.empty() ? "" : " or ") + std::string(ToString(kind));
  return out;
}

// A limit as text, of an integer field from a JSON integer, of a duration field from a duration.
std::optional<std::string> ReadLimit(ObjectReader& r, std::string_view member, FieldType type) {
  const std::optional<JsonNode> node = r.Take(member);
  if (!node) return std::nullopt;
  if (type == FieldType::kInteger) {
    const auto value = ReadInt(*node, r.at(member), 0, 1'000'000);
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
  }
  const auto value = ReadDuration(*node, r.at(member), {});
  return value ? std::optional(value->ToString()) : std::nullopt;
}

int64_t Size(const std::string& limit, FieldType type) {
  if (type == FieldType::kDuration) return Duration::Parse(limit).value_or(Duration()).milliseconds();
  int64_t value = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), value);
  return value;
}

Bound ReadBound(ObjectReader& r, FieldType type) {
  Bound out;
  out.min = ReadLimit(r, "min", type);
  out.max = ReadLimit(r, "max", type);
  if (!r.Has("min") && !r.Has("max")) r.field().Add("must have min or max");
  if (out.min && out.max && Size(*out.min, type) > Size(*out.max, type)) {
    r.field().Add("must have min (" + *out.min + ") not above max (" + *out.max + ")");
  }
  return out;
}

// The type of the field in any of the kinds; of an unknown kind, in any at all.
FieldType TypeOf(const std::vector<Kind>& kinds, std::string_view path) {
  for (const PolicyField& field : PolicyFields()) {
    const bool granted = kinds.empty() || std::count(kinds.begin(), kinds.end(), field.kind) > 0;
    if (granted && field.path == path) return field.type;
  }
  return FieldType::kOther;
}

void ReadBounds(ObjectReader& r, const std::vector<Kind>& kinds, Grant* out) {
  std::string unknown;
  r.Map("bounds", kMaxBounds, [&](std::string_view path, JsonNode node, Field at) {
    const FieldType type = TypeOf(kinds, path);
    if (type == FieldType::kOther) {
      unknown += (unknown.empty() ? "" : ", ") + std::string(path.substr(0, 64));
      return;
    }
    Bound bound;
    ReadObject(node, at, [&](ObjectReader& b) { bound = ReadBound(b, type); });
    const bool covers = out->fields.empty() || std::any_of(out->fields.begin(), out->fields.end(),
                                                           [&](const auto& f) { return IsWithin(path, f); });
    if (!covers) at.Warn("has no effect: the field is not among fields");
    out->bounds[std::string(path)] = std::move(bound);
  });
  if (!unknown.empty()) {
    r.at("bounds").Add("must be number or duration fields of " + KindList(kinds) + ": " + unknown);
  }
}

Grant ReadGrant(ObjectReader& r) {
  Grant out;
  std::vector<Kind> kinds;
  r.List("kinds", {.min = 1, .max = std::size(kGrantKinds), .required = true}, [&](JsonNode item, Field at) {
    const auto kind = ReadEnumValue(item, at, kGrantKinds);
    if (!kind || !IsNew(*kind, kinds, at)) return;
    kinds.push_back(*kind);
    out.kinds.emplace_back(NameOf(kGrantKinds, *kind));
  });
  out.fields = ReadStringSet(r, "fields", {.max = kMaxFields}, {.max = 64});
  for (const std::string& field : out.fields) {
    if (!kinds.empty() && !Granted(kinds, field)) {
      r.at("fields").Add("\"" + field + "\" is not a field of " + KindList(kinds));
    }
  }
  out.targets = ReadSelectorAt(r, "targets");
  out.namespaces = ReadStringSet(r, "namespaces", {.max = kMaxNames}, {.max = 63, .check = CheckNameGlob});
  r.List("scopes", {.max = std::size(kWiderScopes)}, [&](JsonNode item, Field at) {
    const auto scope = ReadEnumValue(item, at, kWiderScopes);
    if (scope && IsNew(*scope, out.scopes, at)) out.scopes.push_back(*scope);
  });
  out.override_mode = r.Bool("overrideMode").value_or(out.override_mode);
  ReadBounds(r, kinds, &out);
  return out;
}

void ReadRoles(ObjectReader& spec, Workspace* out) {
  std::vector<std::string> names;
  spec.Objects("roles", {.max = kMaxRoles}, [&](ObjectReader& r) {
    WorkspaceRole role;
    if (const auto name = r.String("name", {.max = 63, .check = CheckDnsLabel, .required = true})) {
      role.name = *name;
      if (IsNew(*name, names, r.field())) names.push_back(*name);
    }
    r.Objects("subjects", {.min = 1, .max = kMaxSubjects, .required = true},
              [&](ObjectReader& s) { role.subjects.push_back(ReadSubject(s)); });
    r.Objects("allow", {.min = 1, .max = kMaxGrants, .required = true},
              [&](ObjectReader& g) { role.allow.push_back(ReadGrant(g)); });
    out->roles.push_back(std::move(role));
  });
}

Json::Value BoundToJson(const std::string& limit) {
  int value = 0;
  const char* end = limit.data() + limit.size();
  const auto read = std::from_chars(limit.data(), end, value);
  if (read.ec == std::errc() && read.ptr == end) return value;  // a duration has a unit
  return limit;
}

Json::Value ToJson(const Grant& grant) {
  Json::Value out(Json::objectValue);
  out["kinds"] = fairlead::ToJson(grant.kinds);
  if (!grant.fields.empty()) out["fields"] = fairlead::ToJson(grant.fields);
  if (grant.targets) out["targets"] = fairlead::ToJson(*grant.targets);
  if (!grant.namespaces.empty()) out["namespaces"] = fairlead::ToJson(grant.namespaces);
  for (Scope scope : grant.scopes) out["scopes"].append(std::string(ToString(scope)));
  out["overrideMode"] = grant.override_mode;
  for (const auto& [path, bound] : grant.bounds) {
    Json::Value& item = out["bounds"][path];
    if (bound.min) item["min"] = BoundToJson(*bound.min);
    if (bound.max) item["max"] = BoundToJson(*bound.max);
  }
  return out;
}

Json::Value ToJson(const WorkspaceRole& role) {
  Json::Value out(Json::objectValue);
  out["name"] = role.name;
  for (const Subject& subject : role.subjects) {
    Json::Value item(Json::objectValue);
    item["kind"] = std::string(NameOf(kSubjectKinds, subject.kind));
    item["name"] = subject.name;
    if (!subject.ns.empty()) item["namespace"] = subject.ns;
    out["subjects"].append(item);
  }
  for (const Grant& grant : role.allow) out["allow"].append(ToJson(grant));
  return out;
}

}  // namespace

Parsed<Workspace> ParseWorkspace(const JsonNode& object) {
  const auto read_spec = [](ObjectReader& spec, Workspace* out) {
    spec.Objects("namespaces", {.min = 1, .max = kMaxSelections, .required = true},
                 [&](ObjectReader& r) { out->namespaces.push_back(ReadSelection(r)); });
    out->isolation = ReadIsolation(spec).value_or(out->isolation);
    ReadIngress(spec, out);
    out->waypoints = spec.Enum("waypoints", kWaypoints).value_or(out->waypoints);
    ReadRoles(spec, out);
  };
  return ParseOwn<Workspace>(object, read_spec, [](const JsonNode& status, Workspace* out) {
    out->status = ParseWorkspaceStatus(status);
  });
}

Json::Value ToJson(const Workspace& workspace) {
  Json::Value out = ObjectToJson(workspace.kKind, workspace.meta);
  Json::Value& spec = out["spec"];
  for (const NamespaceSelection& selection : workspace.namespaces) {
    Json::Value item(Json::objectValue);
    item["cluster"] = selection.cluster;
    if (!selection.names.empty()) item["names"] = fairlead::ToJson(selection.names);
    if (selection.selector) item["selector"] = fairlead::ToJson(*selection.selector);
    spec["namespaces"].append(item);
  }
  spec["isolation"] = std::string(NameOf(kIsolations, workspace.isolation));
  for (const IngressGateway& gateway : workspace.ingress) {
    Json::Value item(Json::objectValue);
    item["namespace"] = gateway.ns;
    item["serviceAccount"] = gateway.service_account;
    spec["ingress"].append(item);
  }
  spec["waypoints"] = std::string(NameOf(kWaypoints, workspace.waypoints));
  for (const WorkspaceRole& role : workspace.roles) spec["roles"].append(ToJson(role));
  if (workspace.status) out["status"] = ToJson(*workspace.status);
  return out;
}

}  // namespace fairlead::api
