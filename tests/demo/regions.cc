#include "tests/demo/regions.h"

#include "crds/base/base64.h"
#include "crds/base/json_write.h"
#include "tests/demo/slice.h"
#include "tests/support/process.h"

namespace fairlead::demo {
namespace {

// As `istioctl create-remote-secret` makes it.
std::string SecretOf(const std::string& cluster, const std::string& kubeconfig) {
  Json::Value secret;
  secret["apiVersion"] = "v1";
  secret["kind"] = "Secret";
  secret["metadata"]["name"] = "clusters";
  secret["metadata"]["namespace"] = "fairlead-system";
  secret["metadata"]["labels"]["istio/multiCluster"] = "true";
  secret["data"][cluster] = EncodeBase64(kubeconfig);
  return WriteJson(secret);
}

}  // namespace

Result<std::unique_ptr<Regions>> Regions::Open(Cluster* home, const std::string& dir,
                                               const std::string& samples, const Patience* patience) {
  auto out = std::make_unique<Regions>();
  out->home_ = home;
  Result<std::unique_ptr<apiserver::ApiServer>> api = apiserver::ApiServer::Start({});
  if (!api) return Unexpected(api.error());
  out->west_api_ = std::move(*api);
  testing::WriteFile(dir + "/west.kubeconfig", out->west_api_->kubeconfig());
  Result<std::unique_ptr<Cluster>> west = Cluster::Connect(dir + "/west.kubeconfig", samples, patience);
  if (!west) return Unexpected(west.error());
  out->west_ = std::move(*west);
  for (const char* zone : {kZone1a, kZone1b, kZoneWest}) {
    Result<std::unique_ptr<testing::Backend>> backend = testing::Backend::Start(zone);
    if (!backend) return Unexpected(backend.error());
    out->backends_[zone] = std::move(*backend);
  }
  if (auto applied = home->ApplyFile("../regions/00-places.yaml"); !applied)
    return Unexpected(applied.error());
  if (auto applied = out->west_->ApplyFile("../regions/west.yaml"); !applied)
    return Unexpected(applied.error());
  for (const char* zone : {kZone1a, kZone1b, kZoneWest}) {
    if (Result<void> r = out->SetReady(zone, true); !r) return Unexpected(r.error());
  }
  for (const std::string& object :
       {std::string(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})"),
        SecretOf("west", out->west_api_->kubeconfig())}) {
    if (auto applied = home->Apply(object); !applied) return Unexpected(applied.error());
  }
  return out;
}

Result<void> Regions::SetReady(const std::string& zone, bool ready) {
  const bool west = zone == kZoneWest;
  const std::string slice = SliceJson({.ns = "shop",
                                       .service = "checkout",
                                       .suffix = zone,
                                       .port = at(zone).port(),
                                       .node = "node-" + zone.substr(zone.size() - 2),
                                       .ready = ready});
  if (auto applied = (west ? west_.get() : home_)->Apply(slice); !applied) return Unexpected(applied.error());
  return {};
}

void Regions::CutWest() {
  west_api_->faults().Add({.times = -1, .kind = apiserver::FaultKind::kDropBeforeHeaders});
  west_api_->DropConnections();
}

void Regions::ReturnWest() { west_api_->faults().Clear(); }

void Regions::Forget() {
  for (const auto& [zone, backend] : backends_) backend->Forget();
}

}  // namespace fairlead::demo
