// The part of an Explanation that is about failover: which policy holds at a port, what lost, and its drill.
#include "reconcilers/explain.h"
#include "reconcilers/failover/carried.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/words.h"

namespace fairlead::reconcilers {
namespace {

std::string NameOf(const api::FailoverPolicy& policy) {
  return ObjectKey{policy.kKind, policy.meta.ns, policy.meta.name}.ToString();
}

std::string OrderOf(const api::FailoverPolicy& policy) {
  std::string out;
  for (const std::string& label : policy.priority_labels) out += (out.empty() ? "by labels " : ", ") + label;
  if (!out.empty()) return out;
  if (policy.localities.empty()) return "same zone, then region, then any";
  const size_t rules = policy.localities.size();
  return "steps for " + std::to_string(rules) + (rules == 1 ? " place" : " places") +
         ", else the nearest first";
}

std::string InWords(const EffectiveDrill& drill) {
  std::string out = "leaves out " + api::DownToString(drill.down) + " until " + drill.until.ToString();
  if (drill.weight > 0) out += "; it keeps " + std::to_string(drill.weight) + " % of its requests";
  return out;
}

}  // namespace

std::optional<ExplainedFailover> ExplainFailover(const View& view, const EffectiveService& service,
                                                 const EffectivePort& port) {
  const std::vector<failover::Stand> standing = failover::StandingAt(view, service.key, port.name);
  if (standing.empty()) return std::nullopt;
  const api::FailoverPolicy& policy = *standing.front().at.policy;
  ExplainedFailover out;
  out.object = NameOf(policy);
  out.level = standing.front().at.level;
  out.is_override = policy.targets.mode == api::Mode::kOverride;
  out.order = OrderOf(policy);
  if (!failover::Carriers(view, policy).At(service).why_not.empty())
    out.problem = "nobody carries it out here: it takes a waypoint";
  for (size_t i = 1; i < standing.size(); ++i) {
    out.lost.push_back({NameOf(*standing[i].at.policy), standing[i].at.level, OrderOf(*standing[i].at.policy),
                        std::string(ToString(standing[i].reason))});
  }
  if (const EffectiveDrill* const drill = view.drills.At({service.key, port.port}))
    out.drill = InWords(*drill);
  return out;
}

}  // namespace fairlead::reconcilers
