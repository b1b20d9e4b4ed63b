// RulePolicies: the policies that apply to one rule at one port of a service, each with the target that it
// stands at.
//
// The lowering merges them; explain merges them again to tell what lost. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/outcomes.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/merge.h"

namespace fairlead::reconcilers {

struct RulePolicies {
  MergeInput input;
  std::vector<OutcomeCollector::Standing> standing;  // points into the view, `service` and `rule`
};

// `inline_rule`: what the rule is made of, if of an HTTPRoute.
RulePolicies PoliciesAt(const View& view, const ObjectKey& service, const std::string& port_name,
                        const EffectiveRule& rule, const gateway::HttpRouteRule* inline_rule, bool grpc);

// The same for a rule that has been lowered: finds what it is made of.
RulePolicies PoliciesAt(const View& view, const ObjectKey& service, const EffectivePort& port,
                        const EffectiveRule& rule);

}  // namespace fairlead::reconcilers
