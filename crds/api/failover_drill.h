// The drill of a FailoverPolicy (spec.drill), and what came of it (status.drill).
//
// A drill takes a locality out for a time, at the proxies alone: no endpoint, pod or node is touched. That
// its time is not too long is judged by who has a clock. Who calls: the parser of FailoverPolicy, World,
// fairleadctl. Values; pure.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/api/failover_status.h"
#include "crds/base/object_reader.h"

namespace fairlead::api {

struct FailoverDrill {
  static constexpr size_t kMaxServices = 64;
  static constexpr int64_t kLongest = 24 * 3600;  // seconds from now until `until`

  Locality down;  // a region with a zone, a region, or a cluster
  std::vector<std::string>
      services;    // "ratings" of the policy's namespace, "shop/ratings"; none: every target
  int weight = 0;  // 0..99: the percent of its requests that the locality keeps
  Timestamp until;
  bool force = false;  // also where nothing healthy is left
  friend bool operator==(const FailoverDrill&, const FailoverDrill&) = default;
};

// "zone us-east/us-east-1a", "region us-east", "cluster west"
std::string DownToString(const Locality& down);

std::optional<FailoverDrill> ReadDrill(ObjectReader& spec);
Json::Value ToJson(const FailoverDrill& drill);

}  // namespace fairlead::api
