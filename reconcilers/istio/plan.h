// Plan: from what should be and what is to the writes that make it so.
//
// Who calls: the applier of the leader (operator/), `fairleadctl diff`. Only objects that carry our label are
// changed or deleted; one of the same name without it is somebody else's and is reported, not touched. An
// object that already is as it should be costs no write. Pure.
//
//   Plan plan = MakePlan(istiod::LowerToIstio(world), live);
//   for (const PlannedWrite& w : plan.writes) applier.Do(w);
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

namespace fairlead::reconcilers::istiod {

struct PlannedWrite {
  enum class Verb : unsigned char { kCreate, kApply, kDelete };
  Verb verb = Verb::kApply;
  Json::Value object;            // to send; for a delete apiVersion, kind and metadata of what goes
  std::string ToString() const;  // "apply VirtualService shop/fairlead-ratings"
};

struct Plan {
  std::vector<PlannedWrite> writes;  // creates and applies, then deletes; each sorted
  std::vector<std::string> refused;  // names in use by objects that are not ours
};

Plan MakePlan(const std::vector<Json::Value>& desired, const std::vector<Json::Value>& live);

}  // namespace fairlead::reconcilers::istiod
