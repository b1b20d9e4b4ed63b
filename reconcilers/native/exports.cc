#include <algorithm>

#include "reconcilers/native/isolation.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxEntries = 16;  // of `from`, and of `to` (Gateway API)
constexpr char kGroup[] = "gateway.networking.k8s.io";

using Texts = std::vector<std::string>;

std::vector<Texts> Chunks(const Texts& all, size_t size) {
  std::vector<Texts> out;
  for (size_t i = 0; i < all.size(); i += size) {
    const auto begin = all.begin() + static_cast<Texts::difference_type>(i);
    out.emplace_back(begin, begin + static_cast<Texts::difference_type>(std::min(size, all.size() - i)));
  }
  return out;
}

OwnedObject Grant(const std::string& ns, const std::string& name, const Texts& namespaces,
                  const Texts& services) {
  OwnedObject out{std::string(kGroup) + "/v1beta1", "ReferenceGrant", ns, name, {}};
  Json::Value& spec = out.object["spec"];
  for (const std::string& from : namespaces) {
    for (const char* kind : {"GRPCRoute", "HTTPRoute"}) {
      Json::Value entry(Json::objectValue);
      entry["group"] = kGroup;
      entry["kind"] = kind;
      entry["namespace"] = from;
      spec["from"].append(entry);
    }
  }
  for (const std::string& service : services) {
    Json::Value entry(Json::objectValue);
    entry["group"] = "";
    entry["kind"] = "Service";
    entry["name"] = service;
    spec["to"].append(entry);
  }
  return out;
}

}  // namespace

std::vector<OwnedObject> LowerExports(const ResolvedWorkspace& workspace, const IsolationView& view) {
  std::vector<OwnedObject> out;
  for (const auto& [user, consent] : workspace.exports) {
    const auto members = view.namespaces_of.find(user);
    if (members == view.namespaces_of.end()) continue;
    std::map<std::string, Texts> shared;  // names of services, by namespace
    for (const IsolatedService& service : view.services) {
      if (workspace.namespaces.count(service.name.ns) > 0 &&
          consent->Shares(Kind::kService, service.name, service.labels))
        shared[service.name.ns].push_back(service.name.name);
    }
    for (auto& [ns, services] : shared) {
      std::sort(services.begin(), services.end());
      int number = 0;
      for (const Texts& from : Chunks({members->second.begin(), members->second.end()}, kMaxEntries / 2)) {
        for (const Texts& to : Chunks(services, kMaxEntries)) {
          out.push_back(Grant(ns, "fairlead-export." + user + "." + std::to_string(number++), from, to));
          Own(workspace.name(), &out.back());
        }
      }
    }
  }
  SortOwned(&out);
  return out;
}

}  // namespace fairlead::reconcilers
