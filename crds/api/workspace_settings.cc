#include <algorithm>

#include "crds/api/object_frame.h"
#include "crds/api/workspace.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxShares = 32, kMaxWorkspaces = 32, kMaxResources = 32, kMaxClusters = 32;
constexpr EnumName<Kind> kResourceKinds[] = {{"Service", Kind::kService},
                                             {"ServiceEntry", Kind::kServiceEntry},
                                             {"HTTPRoute", Kind::kHTTPRoute},
                                             {"GRPCRoute", Kind::kGRPCRoute}};

using Join = JoinedClusters::Join;
constexpr EnumName<Join> kJoins[] = {{"All", Join::kAll}, {"None", Join::kNone}, {"Listed", Join::kListed}};

std::string CheckWaypoint(std::string_view text) {
  const size_t slash = text.find('/');
  const bool ok = slash == text.npos ? CheckDnsSubdomain(text).empty()
                                     : CheckDnsLabel(text.substr(0, slash)).empty() &&
                                           CheckDnsSubdomain(text.substr(slash + 1)).empty();
  return ok ? "" : "must be the name of a Gateway, or namespace/name";
}

std::string CheckResourceGlob(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) c = c == '*' ? 'x' : c;
  return CheckDnsSubdomain(plain).empty()
             ? ""
             : "must be a name, or a pattern in which * stands for any characters";
}

SharedResources::Selection ReadSelection(ObjectReader& r) {
  SharedResources::Selection out;
  const auto kind = r.Enum("kind", kResourceKinds);
  out.kind = ToString(kind.value_or(Kind::kService));
  out.name = r.String("name", {.check = CheckResourceGlob}).value_or("");
  out.ns = r.String("namespace", {.max = 63, .check = CheckDnsLabel}).value_or("");
  out.selector = ReadSelectorAt(r, "selector");
  return out;
}

std::vector<SharedResources> ReadShares(ObjectReader& spec, std::string_view member) {
  std::vector<SharedResources> out;
  spec.Objects(member, {.max = kMaxShares}, [&](ObjectReader& r) {
    SharedResources shared;
    shared.workspaces = ReadStringSet(r, "workspaces", {.min = 1, .max = kMaxWorkspaces, .required = true},
                                      {.max = 63, .check = CheckNameGlob});
    r.Objects("resources", {.max = kMaxResources},
              [&](ObjectReader& s) { shared.resources.push_back(ReadSelection(s)); });
    out.push_back(std::move(shared));
  });
  return out;
}

JoinedClusters ReadClusters(ObjectReader& r) {
  JoinedClusters out;
  const auto join = r.Enum("join", kJoins);
  out.join = join.value_or(Join::kAll);
  out.names = ReadStringSet(r, "names", {.max = kMaxClusters}, {.max = 63, .check = CheckDnsLabel});
  std::sort(out.names.begin(), out.names.end());
  if (out.join == Join::kListed && out.names.empty())
    r.at("names").Add("must have at least one name where join is Listed");
  if (out.join != Join::kListed && !out.names.empty())
    r.at("names").Add("must be left out unless join is Listed");
  return out;
}

Json::Value ToJson(const std::vector<SharedResources>& shares) {
  Json::Value out(Json::arrayValue);
  for (const SharedResources& shared : shares) {
    Json::Value item(Json::objectValue);
    item["workspaces"] = fairlead::ToJson(shared.workspaces);
    for (const SharedResources::Selection& s : shared.resources) {
      Json::Value selection(Json::objectValue);
      selection["kind"] = s.kind;
      if (!s.name.empty()) selection["name"] = s.name;
      if (!s.ns.empty()) selection["namespace"] = s.ns;
      if (s.selector) selection["selector"] = fairlead::ToJson(*s.selector);
      item["resources"].append(selection);
    }
    out.append(item);
  }
  return out;
}

}  // namespace

bool JoinedClusters::Allow(const std::string& cluster) const {
  switch (join) {
    case Join::kAll:
      return true;
    case Join::kNone:
      return false;
    case Join::kListed:
      return std::binary_search(names.begin(), names.end(), cluster);
  }
  return false;
}

Parsed<WorkspaceSettings> ParseWorkspaceSettings(const JsonNode& object) {
  const auto read_spec = [](ObjectReader& spec, WorkspaceSettings* out) {
    out->import_from = ReadShares(spec, "importFrom");
    out->export_to = ReadShares(spec, "exportTo");
    spec.Object("defaults", [&](ObjectReader& r) {
      out->defaults.waypoint = r.String("waypoint", {.max = 317, .check = CheckWaypoint});
      out->defaults.request_timeout = r.ReadDuration("requestTimeout");
    });
    spec.Object("clusters", [&](ObjectReader& r) { out->clusters = ReadClusters(r); });
  };
  return ParseOwn<WorkspaceSettings>(object, read_spec, [](const JsonNode& status, WorkspaceSettings* out) {
    out->status = ParseWorkspaceSettingsStatus(status);
  });
}

Json::Value ToJson(const WorkspaceSettings& settings) {
  Json::Value out = ObjectToJson(settings.kKind, settings.meta);
  out["spec"] = SpecToJson(settings);
  if (settings.status) out["status"] = ToJson(*settings.status);
  return out;
}

Json::Value SpecToJson(const WorkspaceSettings& settings) {
  Json::Value spec(Json::objectValue);
  if (!settings.import_from.empty()) spec["importFrom"] = ToJson(settings.import_from);
  if (!settings.export_to.empty()) spec["exportTo"] = ToJson(settings.export_to);
  if (settings.defaults.waypoint) spec["defaults"]["waypoint"] = *settings.defaults.waypoint;
  if (settings.defaults.request_timeout) {
    spec["defaults"]["requestTimeout"] = settings.defaults.request_timeout->ToString();
  }
  spec["clusters"]["join"] = std::string(NameOf(kJoins, settings.clusters.join));
  if (!settings.clusters.names.empty()) spec["clusters"]["names"] = fairlead::ToJson(settings.clusters.names);
  return spec;
}

}  // namespace fairlead::api
