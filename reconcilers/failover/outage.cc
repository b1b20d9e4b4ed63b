// What an outage names, and what may have been meant where it names nothing.
#include <set>

#include "crds/base/nearest.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/rehearsal.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers::failover {
namespace {

constexpr size_t kListed = 8;

Unexpected<Error> Unreadable(const std::string& text) {
  return Unexpected(
      Error{ErrorClass::kInvalid,
            "\"" + text +
                "\" names nothing that can be down: it must be zone=REGION/ZONE, region=REGION, "
                "cluster=CLUSTER or service=NAMESPACE/NAME"});
}

// What is there of the kind that the outage names, as it is written.
std::set<std::string> Known(const World& world, Outage::Of of) {
  std::set<std::string> out;
  if (of == Outage::Of::kService) {
    for (Kind kind : {Kind::kService, Kind::kServiceEntry}) {
      for (const NamespacedName& name : world.view().tables.Names(kind)) out.insert(name.ToString());
    }
    return out;
  }
  std::set<api::Locality> places = KnownPlaces(world.view());
  for (const auto& [key, service] : world.services()) {
    for (const EffectivePort& port : service->ports) {
      for (const Member& member : MembersOf(world.view(), {key, port.port})) places.insert(member.locality);
    }
  }
  if (of == Outage::Of::kCluster) out.insert(world.view().options.cluster_name);
  for (const api::Locality& place : places) {
    if (of == Outage::Of::kCluster) out.insert(place.cluster);
    if (of == Outage::Of::kRegion && !place.region.empty()) out.insert(place.region);
    if (of == Outage::Of::kZone && !place.zone.empty()) out.insert(place.region + "/" + place.zone);
  }
  return out;
}

std::string NameOf(const Outage& outage) {
  switch (outage.of) {
    case Outage::Of::kZone:
      return outage.place.region + "/" + outage.place.zone;
    case Outage::Of::kRegion:
      return outage.place.region;
    case Outage::Of::kCluster:
      return outage.place.cluster;
    case Outage::Of::kService:
      return outage.service.ToString();
  }
  return "";
}

std::string WordOf(Outage::Of of) {
  switch (of) {
    case Outage::Of::kZone:
      return "zone";
    case Outage::Of::kRegion:
      return "region";
    case Outage::Of::kCluster:
      return "cluster";
    case Outage::Of::kService:
      return "service";
  }
  return "";
}

}  // namespace

std::string Outage::ToString() const { return WordOf(of) + " " + NameOf(*this); }

Result<Outage> ParseOutage(const std::string& text) {
  const size_t sign = text.find('=');
  if (sign == std::string::npos || sign + 1 == text.size()) return Unreadable(text);
  const std::string what = text.substr(0, sign), name = text.substr(sign + 1);
  const size_t slash = name.find('/');
  const bool pair = slash != std::string::npos && slash > 0 && slash + 1 < name.size() &&
                    name.find('/', slash + 1) == std::string::npos;
  Outage out;
  if (what == "zone" && pair) {
    out.of = Outage::Of::kZone;
    out.place.region = name.substr(0, slash);
    out.place.zone = name.substr(slash + 1);
  } else if (what == "service" && pair) {
    out.of = Outage::Of::kService;
    out.service = {name.substr(0, slash), name.substr(slash + 1)};
  } else if (what == "region" && slash == std::string::npos) {
    out.of = Outage::Of::kRegion;
    out.place.region = name;
  } else if (what == "cluster" && slash == std::string::npos) {
    out.of = Outage::Of::kCluster;
    out.place.cluster = name;
  } else {
    return Unreadable(text);
  }
  return out;
}

std::string ProblemOf(const World& world, const Outage& outage) {
  const std::set<std::string> known = Known(world, outage.of);
  const std::string name = NameOf(outage), word = WordOf(outage.of);
  if (known.contains(name)) return "";
  std::string out = "there is no " + word + " " + name;
  if (known.empty()) return out + ", and none is known: nodes and their labels are not in the input";
  const std::string_view meant = Nearest(name, {known.begin(), known.end()});
  if (!meant.empty()) out += "; did you mean " + std::string(meant) + "?";
  return out + "; known: " + JoinBounded({known.begin(), known.end()}, ", ", kListed);
}

}  // namespace fairlead::reconcilers::failover
