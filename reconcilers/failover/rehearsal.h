// Rehearse: what would become of traffic if zones, regions, clusters or services were down.
//
// For each service port with a FailoverPolicy and each place that requests come from: the steps, their shares
// now and then, and what that makes of the load of each endpoint. Requests come from where the proxies of the
// service's waypoint run (sources.h), else from every place that is known. Every place is taken to send as
// many requests as any other; those of a place that is down come from the others then, so that the whole
// stays the same. Requests are those of our own cluster: each cluster's waypoints have policies of their own.
// A policy is taken as whoever carries it keeps it (carried.h), and a drill that is on counts. Who calls:
// `fairleadctl failover simulate`. Reads the drained state of a World. Pure; sorted.
//
//   Rehearsal r = Rehearse(world, {*ParseOutage("zone=us-east/us-east-1a")});
//   r.stranded   // some requests would have no place to go
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers::failover {

struct Outage {
  enum class Of : unsigned char { kZone, kRegion, kCluster, kService };
  Of of = Of::kZone;
  api::Locality place;           // the fields that are meant
  NamespacedName service;        // kService
  std::string ToString() const;  // "zone us-east/us-east-1a"
};

// "zone=REGION/ZONE", "region=REGION", "cluster=CLUSTER", "service=NAMESPACE/NAME".
Result<Outage> ParseOutage(const std::string& text);

// Empty: what it names is there; else what is wrong, with what may have been meant.
std::string ProblemOf(const World& world, const Outage& outage);

struct StepForecast {
  std::string name;
  int endpoints = 0, healthy_now = 0, healthy_then = 0;
  double now = 0, then = 0;  // share of the source's requests, 0..1
  friend bool operator==(const StepForecast&, const StepForecast&) = default;
};

struct SourceForecast {
  api::Locality from;  // all empty: not known
  std::string labels;  // "version=v1": what tells it from another source there; empty: there is none
  bool down = false;   // nothing comes from there then
  std::vector<StepForecast> steps;
  double nowhere_now = 0, nowhere_then = 0;
  int unreached = 0;                                // endpoints that no step names
  std::vector<double> to_place_now, to_place_then;  // by TargetForecast::places; share of the requests, 0..1
  friend bool operator==(const SourceForecast&, const SourceForecast&) = default;
};

// Endpoints of one place: how much of all requests for the service each of them gets, on average.
struct PlaceLoad {
  api::Locality place;
  int endpoints = 0, healthy_now = 0, healthy_then = 0;
  double now = 0, then = 0;  // of one healthy endpoint, 0..1
  friend bool operator==(const PlaceLoad&, const PlaceLoad&) = default;
};

struct TargetForecast {
  ObjectKey service;
  std::vector<uint16_t> ports;  // for which it is the same
  ObjectKey policy;
  std::string not_carried;                 // why the policy is not in force there today; empty: it is
  std::string drill;                       // that is on, and what becomes of it then; empty: none is
  std::optional<NamespacedName> waypoint;  // whose proxies send the requests; absent: none is known
  std::vector<SourceForecast> sources;
  std::vector<PlaceLoad> places;
  bool stranded = false;         // some requests have no place to go then, or none is sent at all
  bool everything_down = false;  // every place that its requests come from
  friend bool operator==(const TargetForecast&, const TargetForecast&) = default;
};

struct Rehearsal {
  std::vector<Outage> outages;
  std::vector<TargetForecast> targets;
  bool stranded = false;  // something is
};

// `only`: this Service or ServiceEntry alone.
Rehearsal Rehearse(const World& world, const std::vector<Outage>& outages,
                   const std::optional<NamespacedName>& only = std::nullopt);

// "its waypoint would be down"; empty: the target is not stranded.
std::string WhyStranded(const TargetForecast& target);

std::string Question(const Rehearsal& rehearsal);  // "What if zone us-east/us-east-1a were down"
std::string ToText(const Rehearsal& rehearsal);
Json::Value ToJson(const Rehearsal& rehearsal);

}  // namespace fairlead::reconcilers::failover
