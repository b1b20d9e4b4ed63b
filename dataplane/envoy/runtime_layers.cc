#include "dataplane/envoy/runtime_layers.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "dataplane/envoy/names.h"
#include "dataplane/envoy/proto.h"

namespace fairlead::envoy {
namespace {

constexpr uint32_t kMillionthsOfAPercent = 10'000;

void AppendField(int number, const std::string& value, std::string* out) {
  out->push_back(static_cast<char>(number << 3 | 2));
  size_t length = value.size();
  for (; length >= 0x80; length >>= 7) out->push_back(static_cast<char>((length & 0x7f) | 0x80));
  out->push_back(static_cast<char>(length));
  out->append(value);
}

// envoy.service.runtime.v3.Runtime {name = 1, layer = 2}, which nothing else here needs.
std::string Encode(const RouteDrills& drills) {
  google::protobuf::Struct layer;
  for (const auto& [policy, drill] : drills) {
    auto& fraction = *(*layer.mutable_fields())[RuntimeKey(policy)].mutable_struct_value()->mutable_fields();
    fraction["numerator"].set_number_value(static_cast<uint32_t>(100 - drill.weight) * kMillionthsOfAPercent);
    fraction["denominator"].set_string_value("MILLION");
  }
  std::string out;
  AppendField(1, kRuntimeLayer, &out);
  AppendField(2, Serialize(layer), &out);
  return out;
}

xds::ResourcePtr Make(const std::map<ObjectKey, RouteDrills>& services) {
  RouteDrills all;
  for (const auto& [service, drills] : services) all.insert(drills.begin(), drills.end());
  if (all.empty()) return nullptr;
  Timestamp until = all.begin()->second.until;
  std::vector<xds::Source> sources;
  for (const auto& [policy, drill] : all) {
    until = std::min(until, drill.until);
    sources.push_back({policy, drill.generation});
  }
  return xds::MakeEndingResource({xds::Type::kRuntime, kRuntimeLayer}, Encode(all), std::move(sources),
                                 until);
}

bool Same(const xds::ResourcePtr& a, const xds::ResourcePtr& b) {
  if (!a || !b) return !a && !b;
  return a->hash == b->hash && a->sources == b->sources;
}

}  // namespace

void RuntimeLayers::Set(const xds::Audience& waypoint, const ObjectKey& service, const RouteDrills& drills) {
  if (!drills.empty()) {
    layers_[waypoint].services[service] = drills;
  } else if (const auto layer = layers_.find(waypoint); layer != layers_.end()) {
    layer->second.services.erase(service);
  }
}

void RuntimeLayers::Commit(const Registry& registry, xds::Update* update) {
  for (auto at = layers_.begin(); at != layers_.end();) {
    auto& [waypoint, layer] = *at;
    const auto change = update->audiences.find(waypoint);
    if (change != update->audiences.end() && change->second.gone) layer.told = nullptr;
    const xds::ResourcePtr now = registry.HasAudience(waypoint) ? Make(layer.services) : nullptr;
    if (!Same(layer.told, now)) {
      if (now) {
        update->audiences[waypoint].changed.push_back(now);
      } else {
        update->audiences[waypoint].removed.push_back(layer.told->name);
      }
      layer.told = now;
    }
    at = layer.services.empty() && !layer.told ? layers_.erase(at) : std::next(at);
  }
}

xds::ResourcePtr RuntimeLayers::At(const xds::Audience& waypoint) const {
  const auto found = layers_.find(waypoint);
  return found == layers_.end() ? nullptr : found->second.told;
}

}  // namespace fairlead::envoy
