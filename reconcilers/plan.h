// Plan: from what should be and what is to the writes that make it so.
//
// Who calls: the applier of the leader (operator/), `fairleadctl diff`. Only objects that carry our label are
// changed or deleted; one of the same name without it is somebody else's and is reported, not touched. An
// object that already is as it should be costs no write; what the API server fills in by itself is no
// difference, any other field that we do not set is. Pure.
//
//   Plan plan = MakePlan(istiod::LowerToIstio(world), live);
//   for (const PlannedWrite& w : plan.writes) applier.Do(w);
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

namespace fairlead::reconcilers {

struct PlannedWrite {
  enum class Verb : unsigned char { kCreate, kApply, kDelete };
  Verb verb = Verb::kApply;
  Json::Value object;            // to send; for a delete apiVersion, kind and metadata of what goes
  std::string ToString() const;  // "apply VirtualService shop/fairlead-ratings"
};

struct Plan {
  // Creates, then applies, then deletes, each sorted: access that is closed by an object before is closed by
  // another at all times.
  std::vector<PlannedWrite> writes;
  std::vector<std::string> refused;  // names in use by objects that are not ours
};

// Everything that we set is there as we set it, and nothing else, beside metadata of others and status.
bool IsCurrent(const Json::Value& live, const Json::Value& desired);

bool IsOurs(const Json::Value& object);           // by the label
std::string Refusal(const Json::Value& desired);  // as in `refused`, of an object whose name is in use

Plan MakePlan(const std::vector<Json::Value>& desired, const std::vector<Json::Value>& live);

}  // namespace fairlead::reconcilers
