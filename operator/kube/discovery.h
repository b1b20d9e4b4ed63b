// What this cluster serves: versions of kinds, and facts of Gateway API's CRDs on which our lowering depends.
//
// Who calls: the composition root at start, and whenever a CRD changes (CrdStream tells). A standard-channel
// HTTPRoute has no rules.retry: what is not served is not sent, and a status says so. Blocking calls; values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "operator/kube/client.h"
#include "operator/kube/json_stream.h"

namespace fairlead::kube {

struct CrdFacts {
  bool served = false;                // established, and the version that we read is served
  std::string bundle_version;         // annotation gateway.networking.k8s.io/bundle-version
  std::string channel;                // annotation gateway.networking.k8s.io/channel
  std::vector<std::string> versions;  // served ones, as listed
  bool retry = false;                 // HTTPRoute: spec.rules[].retry is in the schema of our version
  bool session_persistence = false;   // HTTPRoute, GRPCRoute: spec.rules[].sessionPersistence
  friend bool operator==(const CrdFacts&, const CrdFacts&) = default;
};

// From the CRD as JSON; `version` is the one whose schema is looked at.
Result<CrdFacts> ParseCrdFacts(const std::string& crd_json, const std::string& version);

// Whether the schema of the CRD's version has fields, by their paths: "spec.http[].retries.backoff". In the
// order asked; all false where the version is not served. kNotFound: there is no such CRD.
Result<std::vector<bool>> ReadCrdFields(Client& client, const Resource& resource,
                                        const std::vector<std::string>& paths, std::stop_token stop = {});
Result<std::vector<bool>> ParseCrdFields(const std::string& crd_json, const std::string& version,
                                         const std::vector<std::string>& paths);

// kNotFound: there is no such CRD.
Result<CrdFacts> ReadCrdFacts(Client& client, const Resource& resource, std::stop_token stop = {});

// Group "gateway.networking.k8s.io" -> served versions, preferred first. "" is core.
Result<std::map<std::string, std::vector<std::string>>> ReadServedVersions(Client& client,
                                                                           std::stop_token stop = {});

// gitVersion of the API server: "v1.36.3".
Result<std::string> ReadServerVersion(Client& client, std::stop_token stop = {});

// A watch over CRDs (their metadata only): says which CRD appeared, changed or went.
class CrdStream final : public JsonStream {
 public:
  // name: "httproutes.gateway.networking.k8s.io". Called on the reflector's thread.
  using Changed = std::function<void(const std::string& name)>;
  explicit CrdStream(Changed changed) : changed_(std::move(changed)) {}
  static WatchTarget Target();

 private:
  void Replace(std::vector<Json::Value> objects) override;
  void Upsert(Json::Value object) override;
  void Delete(Json::Value last) override;

  const Changed changed_;
  std::map<std::string, std::string> known_;  // name -> resource version
};

}  // namespace fairlead::kube
