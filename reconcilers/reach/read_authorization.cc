// AuthorizationPolicy: what it names in targetRefs, and the rules that ztunnel leaves out of one that names
// nothing. ztunnel knows identities, namespaces, addresses and ports; a condition on requests is a
// waypoint's, and a policy reaches a waypoint only by targetRefs.
#include <algorithm>
#include <array>

#include "reconcilers/reach/read.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::array<std::string_view, 10> kSourceOfL4 = {
    "principals",  "notPrincipals",   "namespaces",         "notNamespaces", "ipBlocks",
    "notIpBlocks", "serviceAccounts", "notServiceAccounts", "trustDomains",  "notTrustDomains"};
constexpr std::array<std::string_view, 2> kOperationOfL4 = {"ports", "notPorts"};
constexpr std::array<std::string_view, 5> kKeysOfL4 = {"source.ip", "source.namespace", "source.principal",
                                                       "destination.ip", "destination.port"};

struct Conditions {
  size_t l4 = 0, l7 = 0;
};

template <size_t N>
void Count(const std::optional<JsonNode>& of, const std::array<std::string_view, N>& l4, Conditions* out) {
  if (!of) return;
  for (auto [key, value] : of->Members()) {
    const std::string_view name = key;
    ++(std::find(l4.begin(), l4.end(), name) != l4.end() ? out->l4 : out->l7);
  }
}

struct RuleConditions {
  Conditions all;
  std::string unseen;  // a part of the rule that is about requests alone: "to"; all parts must match
};

RuleConditions ConditionsOf(const JsonNode& rule) {
  RuleConditions out;
  const auto add = [&out](const std::string& part, const Conditions& conditions) {
    out.all.l4 += conditions.l4;
    out.all.l7 += conditions.l7;
    if (conditions.l7 > 0 && conditions.l4 == 0 && out.unseen.empty()) out.unseen = part;
  };
  Conditions from, to;
  EachItem(rule.Find("from"), "",
           [&](const std::string&, const JsonNode& item) { Count(item.Find("source"), kSourceOfL4, &from); });
  EachItem(rule.Find("to"), "", [&](const std::string&, const JsonNode& item) {
    Count(item.Find("operation"), kOperationOfL4, &to);
  });
  add("from", from);
  add("to", to);
  EachItem(rule.Find("when"), "when", [&](const std::string& at, const JsonNode& when) {
    const std::string_view key = when.StringAt("key");
    const bool l4 = std::find(kKeysOfL4.begin(), kKeysOfL4.end(), key) != kKeysOfL4.end();
    add(at, l4 ? Conditions{1, 0} : Conditions{0, 1});
  });
  return out;
}

// In the policy's own namespace, whatever a reference says.
void AddTarget(const ReadContext& context, const std::string& field, const JsonNode& ref, Foreign* out) {
  const std::string_view group = ref.StringAt("group"), kind = ref.StringAt("kind");
  const std::string name(ref.StringAt("name"));
  if ((group.empty() || group == "core") && kind == "Service") {
    out->targets.push_back({field, {Kind::kService, context.ns, name}});
  } else if (group == kNetworking && kind == "ServiceEntry") {
    out->targets.push_back({field, {Kind::kServiceEntry, context.ns, name}});
  }
}

// False: it names none.
bool ReadTargets(const ReadContext& context, const JsonNode& spec, Foreign* out) {
  const auto refs = spec.Find("targetRefs"), ref = spec.Find("targetRef");
  EachItem(refs, "spec.targetRefs",
           [&](const std::string& at, const JsonNode& item) { AddTarget(context, at, item, out); });
  if (ref) AddTarget(context, "spec.targetRef", *ref, out);
  return (refs && refs->Items().size() > 0) || ref;
}

void ReadLapses(const JsonNode& object, const JsonNode& spec, Foreign* out) {
  const std::string_view action = spec.StringAt("action");
  const bool denies = action == "DENY";
  if ((denies || action.empty() || action == "ALLOW") && IsDryRun(object)) {
    out->lapses.push_back(
        {"metadata.annotations[" + std::string(kDryRun) + "]",
         std::string("waypoints, and ztunnels of 1.29 and newer, only log what it would refuse, ") +
             (denies ? "and let it in" : "and where no other ALLOW policy is in force let everybody in"),
         "take the annotation away to enforce the policy"});
  }
  const auto rules = spec.Find("rules");
  if (denies && (!rules || rules->Items().size() == 0)) {
    out->lapses.push_back({"spec.rules", "a DENY without rules matches nothing, so it denies nothing",
                           "give it a rule ({} matches all), or delete the policy"});
  }
}

}  // namespace

// strconv.ParseBool
bool IsDryRun(const JsonNode& object) {
  const auto annotations = object.FindPath({"metadata", "annotations"});
  const std::string_view said = annotations ? annotations->StringAt(kDryRun) : "";
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  return std::find(kTrue.begin(), kTrue.end(), said) != kTrue.end();
}

void ReadAuthorizationPolicy(const ReadContext& context, const JsonNode& object, Foreign* out) {
  const auto spec = object.Find("spec");
  if (!spec) return;
  ReadLapses(object, *spec, out);
  if (ReadTargets(context, *spec, out)) return;
  constexpr char kFix[] = "name the Service or Gateway in spec.targetRefs, so that its waypoint enforces it";
  const std::string_view action = spec->StringAt("action");
  if (action == "CUSTOM" || action == "AUDIT") {
    out->silent.push_back(
        {"spec.action",
         std::string(action) + " is done by waypoints only, and without targetRefs none has it", kFix});
    return;
  }
  if (action != "DENY") return;  // of an ALLOW ztunnel leaves rules out, which lets nobody in
  EachItem(spec->Find("rules"), "spec.rules", [&](const std::string& at, const JsonNode& rule) {
    const RuleConditions conditions = ConditionsOf(rule);
    if (conditions.unseen.empty()) return;
    if (conditions.all.l4 == 0) {
      out->silent.push_back(
          {at, "all its conditions are about requests, which ztunnel does not see, so it denies nothing",
           std::string(kFix) + ", or add a condition on identities, namespaces, addresses or ports"});
      return;
    }
    // Of from, to and each of when one condition at least must match, and ztunnel has none of that part.
    out->silent.push_back({at + "." + conditions.unseen,
                           "it is about requests alone, which ztunnel does not see, and what is left of it "
                           "matches nothing, so the rule denies nothing",
                           std::string(kFix) + ", or leave that part out, which denies more"});
  });
}

}  // namespace fairlead::reconcilers
