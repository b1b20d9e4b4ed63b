#include "reconcilers/preview/service_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reconcilers/explain.h"
#include "reconcilers/words.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kMaxRules = 200;  // of one service

struct RulePlace {
  const EffectivePort* port = nullptr;
  size_t index = 0;
  const EffectiveRule& rule() const { return port->rules[index]; }
};

// Port, route, name or index in it, and which of those that are alike in all.
using RuleName = std::tuple<uint16_t, ObjectKey, std::string, int>;

std::map<RuleName, RulePlace> RulesOf(const EffectiveService* service) {
  std::map<RuleName, RulePlace> out;
  if (service == nullptr) return out;
  for (const EffectivePort& port : service->ports) {
    for (size_t i = 0; i < port.rules.size(); ++i) {
      const EffectiveRule& rule = port.rules[i];
      RuleName name{port.port, rule.route, rule.name.empty() ? std::to_string(rule.index) : rule.name, 0};
      while (out.count(name) > 0) ++std::get<3>(name);
      out.emplace(std::move(name), RulePlace{&port, i});
    }
  }
  return out;
}

template <class T, class F>
std::string Join(const std::vector<T>& items, const F& in_words) {
  std::string out;
  for (const T& item : items) out += (out.empty() ? "" : ", ") + in_words(item);
  return out.empty() ? "none" : out;
}

std::string Title(const EffectiveRule& rule) {
  if (rule.route.kind == Kind::kService || rule.route.kind == Kind::kServiceEntry) return "no route";
  return "rule " + (rule.name.empty() ? std::to_string(rule.index) : rule.name) + " of " +
         rule.route.ToString();
}

// What a rule does beside its policy, by name.
std::map<std::string, std::string> WordsOf(const RulePlace& place) {
  const EffectiveRule& rule = place.rule();
  std::map<std::string, std::string> out;
  std::vector<std::string> matches;
  for (const RouteEntry& entry : place.port->entries) {
    if (entry.rule == place.index) matches.push_back(InWords(entry.match));
  }
  out["matches"] = Join(matches, [](const std::string& text) { return text; });
  out["backends"] = Join(rule.backends, [](const Backend& b) { return reconcilers::InWords(b); });
  out["filters"] = Join(rule.filters, [](const gateway::HttpFilter& f) { return reconcilers::InWords(f); });
  out["mirrors"] = Join(rule.mirrors, [](const MirrorTarget& m) {
    return m.destination ? reconcilers::InWords(*m.destination) + " " + std::to_string(m.numerator) + "/" +
                               std::to_string(m.denominator)
                         : m.problem;
  });
  out["answers"] = rule.answers_500 ? "500: a filter cannot be carried out" : "by its backends";
  return out;
}

std::string Who(const ExplainedField& field) {
  if (field.object.empty()) return "the default";
  return field.object + " (" + std::string(ToString(field.level)) + (field.is_override ? ", Override)" : ")");
}

// Empty: the rule is not there.
void AddFields(const EffectivePolicy* before, const EffectivePolicy* after, std::vector<ValueChange>* out) {
  std::map<std::string, std::pair<const ExplainedField*, const ExplainedField*>> fields;
  std::vector<ExplainedField> was, is;
  if (before != nullptr) was = FieldsInForce(*before);
  if (after != nullptr) is = FieldsInForce(*after);
  for (const ExplainedField& field : was) fields[field.path].first = &field;
  for (const ExplainedField& field : is) fields[field.path].second = &field;
  for (const auto& [path, pair] : fields) {
    const auto& [old, now] = pair;
    ValueChange change{path, before == nullptr ? "" : "none", "", after == nullptr ? "" : "none", ""};
    if (old != nullptr) std::tie(change.before, change.before_by) = std::pair(old->value, Who(*old));
    if (now != nullptr) std::tie(change.after, change.after_by) = std::pair(now->value, Who(*now));
    // Defaults that come and go with what they belong to say nothing more.
    const bool defaults = (old == nullptr || old->object.empty()) && (now == nullptr || now->object.empty());
    if (defaults || (change.before == change.after && change.before_by == change.after_by)) continue;
    out->push_back(std::move(change));
  }
}

RuleChange DiffRule(const RulePlace* before, const RulePlace* after) {
  const RulePlace& any = after != nullptr ? *after : *before;
  RuleChange out{before == nullptr  ? Sign::kAdded
                 : after == nullptr ? Sign::kRemoved
                                    : Sign::kChanged,
                 any.port->port,
                 Title(any.rule()),
                 {}};
  const std::map<std::string, std::string> words = WordsOf(any);
  if (out.sign == Sign::kChanged) {
    const std::map<std::string, std::string> old = WordsOf(*before);
    for (const auto& [name, value] : words) {
      if (old.at(name) != value) out.values.push_back({name, old.at(name), "", value, ""});
    }
  } else {
    for (const char* name : {"matches", "backends"}) {
      const std::string& value = words.at(name);
      out.values.push_back(out.sign == Sign::kAdded ? ValueChange{name, "", "", value, ""}
                                                    : ValueChange{name, value, "", "", ""});
    }
  }
  AddFields(before == nullptr ? nullptr : &before->rule().policy,
            after == nullptr ? nullptr : &after->rule().policy, &out.values);
  return out;
}

std::map<std::string, std::string> WordsOf(const EffectiveService& service) {
  std::map<std::string, std::string> out;
  out["waypoint"] = service.waypoint ? service.waypoint->ToString() : "none";
  out["without effect"] = service.waypoint_problem;
  out["hostnames"] = Join(service.hostnames, [](const std::string& text) { return text; });
  out["ports"] = Join(service.ports, [](const EffectivePort& port) {
    return std::to_string(port.port) + " " + std::string(ToString(port.protocol));
  });
  return out;
}

}  // namespace

std::optional<ServiceChange> DiffService(const EffectiveService* before, const EffectiveService* after) {
  ServiceChange out;
  if (before == nullptr && after == nullptr) return std::nullopt;
  out.service = after != nullptr ? after->key : before->key;
  if (before == nullptr || after == nullptr) {
    out.sign = before == nullptr ? Sign::kAdded : Sign::kRemoved;
    return out;
  }
  const auto was = WordsOf(*before), is = WordsOf(*after);
  for (const auto& [name, value] : is) {
    if (was.at(name) != value) out.values.push_back({name, was.at(name), "", value, ""});
  }
  const auto rules_before = RulesOf(before), rules_after = RulesOf(after);
  std::set<RuleName> names;
  for (const auto& [name, place] : rules_before) names.insert(name);
  for (const auto& [name, place] : rules_after) names.insert(name);
  for (const RuleName& name : names) {
    const auto old = rules_before.find(name), now = rules_after.find(name);
    RuleChange change = DiffRule(old == rules_before.end() ? nullptr : &old->second,
                                 now == rules_after.end() ? nullptr : &now->second);
    if (change.sign == Sign::kChanged && change.values.empty()) continue;
    if (out.rules.size() < kMaxRules) out.rules.push_back(std::move(change));
  }
  if (out.values.empty() && out.rules.empty()) return std::nullopt;
  const std::string& problem = after->waypoint_problem;
  if (!problem.empty() && problem == before->waypoint_problem)
    out.values.push_back({"without effect", "", "", problem, ""});
  return out;
}

}  // namespace fairlead::reconcilers::preview
