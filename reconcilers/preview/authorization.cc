#include "reconcilers/preview/authorization.h"

#include <algorithm>
#include <charconv>

#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers::preview {
namespace {

bool MatchesPattern(std::string_view pattern, std::string_view value) {
  if (pattern == "*") return !value.empty();
  if (pattern.starts_with('*')) return value.ends_with(pattern.substr(1));
  return value.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::vector<std::string> List(const JsonNode& object, std::string_view key) {
  std::vector<std::string> out;
  const auto list = object.Find(key);
  if (!list) return out;
  for (const JsonNode item : list->Items()) {
    if (item.IsString()) out.emplace_back(item.AsString());
  }
  return out;
}

Texts ToTexts(std::vector<std::string> list) {
  Texts out;
  for (std::string& text : list) {
    const bool pattern = text.starts_with('*') || text.ends_with('*');
    (pattern ? out.patterns : out.exact).push_back(std::move(text));
  }
  std::sort(out.exact.begin(), out.exact.end());
  return out;
}

std::vector<uint16_t> ToPorts(const std::vector<std::string>& list) {
  std::vector<uint16_t> out;
  for (const std::string& text : list) {
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error == std::errc() && end == text.data() + text.size()) out.push_back(port);
  }
  return out;
}

std::vector<Source> ToAccounts(const std::vector<std::string>& list, const std::string& ns) {
  std::vector<Source> out;
  for (const std::string& text : list) {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) {
      out.push_back({ns, text});
    } else {
      out.push_back({text.substr(0, slash), text.substr(slash + 1)});
    }
  }
  return out;
}

bool HasItems(const JsonNode& object, std::string_view key) {
  const auto list = object.Find(key);
  return list && list->IsArray() && list->Items().size() > 0;
}

Condition ReadSource(const JsonNode& source, const std::string& ns) {
  Condition out;
  out.namespaces = ToTexts(List(source, "namespaces"));
  out.not_namespaces = ToTexts(List(source, "notNamespaces"));
  out.principals = ToTexts(List(source, "principals"));
  out.not_principals = ToTexts(List(source, "notPrincipals"));
  out.accounts = ToAccounts(List(source, "serviceAccounts"), ns);
  out.not_accounts = ToAccounts(List(source, "notServiceAccounts"), ns);
  for (const char* key : {"ipBlocks", "notIpBlocks"}) out.of_addresses |= HasItems(source, key);
  for (const char* key : {"remoteIpBlocks", "notRemoteIpBlocks", "requestPrincipals", "notRequestPrincipals",
                          "trustDomains", "notTrustDomains"})
    out.of_requests |= HasItems(source, key);
  return out;
}

Condition ReadOperation(const JsonNode& operation) {
  Condition out;
  out.ports = ToPorts(List(operation, "ports"));
  out.not_ports = ToPorts(List(operation, "notPorts"));
  for (const char* key : {"hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"})
    out.of_requests |= HasItems(operation, key);
  return out;
}

Condition ReadWhen(const JsonNode& when) {
  Condition out;
  const std::string_view key = when.StringAt("key");
  if (key == "source.namespace") {
    out.namespaces = ToTexts(List(when, "values"));
    out.not_namespaces = ToTexts(List(when, "notValues"));
  } else if (key == "source.principal") {
    out.principals = ToTexts(List(when, "values"));
    out.not_principals = ToTexts(List(when, "notValues"));
  } else if (key == "destination.port") {
    out.ports = ToPorts(List(when, "values"));
    out.not_ports = ToPorts(List(when, "notValues"));
  } else if (key == "source.ip" || key == "destination.ip") {
    out.of_addresses = true;
  } else {
    out.of_requests = true;
  }
  return out;
}

template <class F>
void ReadClause(const JsonNode& rule, std::string_view list, const F& read, AuthorizationPolicy::Rule* out) {
  const auto items = rule.Find(list);
  if (!items || !items->IsArray() || items->Items().size() == 0) return;
  AuthorizationPolicy::Clause clause;
  for (const JsonNode item : items->Items()) {
    clause.push_back(read(item));
    out->of_requests |= clause.back().of_requests;
  }
  out->clauses.push_back(std::move(clause));
}

AuthorizationPolicy::Rule ReadRule(const JsonNode& rule, const std::string& ns) {
  AuthorizationPolicy::Rule out;
  const auto from = [&ns](const JsonNode& item) {
    const auto source = item.Find("source");
    return source ? ReadSource(*source, ns) : Condition();
  };
  const auto to = [](const JsonNode& item) {
    const auto operation = item.Find("operation");
    return operation ? ReadOperation(*operation) : Condition();
  };
  ReadClause(rule, "to", to, &out);
  ReadClause(rule, "from", from, &out);
  const auto when = rule.Find("when");
  if (!when) return out;
  for (const JsonNode item : when->Items()) {
    out.clauses.push_back({ReadWhen(item)});
    out.of_requests |= out.clauses.back().front().of_requests;
  }
  return out;
}

void ReadTargets(const JsonNode& spec, AuthorizationPolicy* out) {
  const auto add = [out](const JsonNode& ref) {
    out->targets.push_back({std::string(ref.StringAt("group")), std::string(ref.StringAt("kind")),
                            out->name.ns, std::string(ref.StringAt("name"))});
  };
  if (const auto refs = spec.Find("targetRefs")) {
    for (const JsonNode ref : refs->Items()) add(ref);
  }
  if (const auto ref = spec.Find("targetRef")) add(*ref);
  out->at_waypoint = !out->targets.empty();
}

// One name or pattern of namespaces as callers: all of the namespace.
void MentionNamespaces(const Texts& texts, std::vector<Source>* out) {
  for (const std::string& name : texts.exact) out->push_back({name, kAnyOther});
  for (std::string name : texts.patterns) {
    name.replace(name.starts_with('*') ? 0 : name.size() - 1, 1, kAnyOther);
    if (name != kAnyOther) out->push_back({std::move(name), kAnyOther});
  }
}

// "cluster.local/ns/shop/sa/web", or with a "*" at one end.
void MentionPrincipal(std::string text, std::vector<Source>* out) {
  const bool suffix = text.starts_with('*');
  if (suffix || text.ends_with('*')) text.replace(suffix ? 0 : text.size() - 1, 1, kAnyOther);
  const size_t ns = text.find("/ns/"), account = text.find("/sa/");
  Source source;
  if (account != std::string::npos) {
    source.account = text.substr(account + 4);
  } else if (ns == std::string::npos && suffix) {
    source.account = text;
  }
  if (ns != std::string::npos) {
    source.ns = text.substr(ns + 4, account == std::string::npos ? std::string::npos : account - ns - 4);
    while (source.ns.ends_with('/')) source.ns.pop_back();
    // "ns/shop/~": the rest of the name of an identity, not of a namespace
    if (const size_t slash = source.ns.find('/'); slash != std::string::npos) source.ns.resize(slash);
  }
  if (!source.ns.empty() && source != Source()) out->push_back(std::move(source));
}

bool InAccounts(const std::vector<Source>& accounts, const Source& source) {
  return std::find(accounts.begin(), accounts.end(), source) != accounts.end();
}

Truth Ports(const Condition& condition, uint16_t port) {
  if (condition.ports.empty() && condition.not_ports.empty()) return Truth::kYes;
  if (port == 0) return Truth::kMaybe;
  const auto has = [port](const std::vector<uint16_t>& ports) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  const bool holds = (condition.ports.empty() || has(condition.ports)) && !has(condition.not_ports);
  return holds ? Truth::kYes : Truth::kNo;
}

Truth Holds(const Condition& c, const Source& source, const std::string& principal, uint16_t port) {
  const bool known =
      (c.namespaces.empty() || c.namespaces.Has(source.ns)) && !c.not_namespaces.Has(source.ns) &&
      (c.principals.empty() || (!source.plain() && c.principals.Has(principal))) &&
      (source.plain() || !c.not_principals.Has(principal)) &&
      (c.accounts.empty() || InAccounts(c.accounts, source)) && !InAccounts(c.not_accounts, source);
  if (!known) return Truth::kNo;
  return And(Ports(c, port), c.of_addresses ? Truth::kMaybe : Truth::kYes);
}

Truth HoldsAt(Enforcer at, const Condition& condition, const Source& source, const std::string& principal,
              uint16_t port) {
  if (at == Enforcer::kZtunnel && condition.EmptyAtL4()) return Truth::kNo;
  const Truth known = Holds(condition, source, principal, port);
  return at == Enforcer::kWaypoint && condition.of_requests ? And(known, Truth::kMaybe) : known;
}

}  // namespace

bool IsMeant(const std::string& ns, const Source& source) {
  const size_t at = source.ns.find(kAnyOther);
  if (at == std::string::npos) return ns == source.ns;
  const std::string_view whole = source.ns, head = whole.substr(0, at), tail = whole.substr(at + 1);
  return ns.size() >= head.size() + tail.size() && ns.starts_with(head) && ns.ends_with(tail);
}

bool Texts::Has(std::string_view value) const {
  return std::binary_search(exact.begin(), exact.end(), value) ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesPattern(pattern, value); });
}

bool Condition::EmptyAtL4() const {
  return namespaces.empty() && not_namespaces.empty() && principals.empty() && not_principals.empty() &&
         accounts.empty() && not_accounts.empty() && ports.empty() && not_ports.empty() && !of_addresses;
}

bool AuthorizationPolicy::of_ports() const {
  for (const Rule& rule : rules) {
    for (const Clause& clause : rule.clauses) {
      if (std::any_of(clause.begin(), clause.end(),
                      [](const Condition& c) { return !c.ports.empty() || !c.not_ports.empty(); }))
        return true;
    }
  }
  return false;
}

bool AuthorizationPolicy::depends() const {
  if (action == Action::kCustom) return true;
  for (const Rule& rule : rules) {
    for (const Clause& clause : rule.clauses) {
      if (std::any_of(clause.begin(), clause.end(),
                      [](const Condition& c) { return c.of_addresses || c.of_requests; }))
        return true;
    }
  }
  return false;
}

std::optional<AuthorizationPolicy> ReadPolicy(const JsonNode& object, std::string_view trust_domain) {
  const auto meta = object.Find("metadata");
  if (!meta || meta->StringAt("name").empty()) return std::nullopt;
  AuthorizationPolicy out;
  out.trust_domain = trust_domain;
  out.name = {std::string(meta->StringAt("namespace")), std::string(meta->StringAt("name"))};
  out.dry_run = IsDryRun(object);
  const auto spec = object.Find("spec");
  if (!spec) return out;
  const std::string_view action = spec->StringAt("action");
  if (action == "DENY") out.action = AuthorizationPolicy::Action::kDeny;
  if (action == "AUDIT") out.action = AuthorizationPolicy::Action::kAudit;
  if (action == "CUSTOM") out.action = AuthorizationPolicy::Action::kCustom;
  ReadTargets(*spec, &out);
  if (const auto labels = spec->FindPath({"selector", "matchLabels"})) {
    for (auto [key, value] : labels->Members())
      out.selector.Set(std::string(key), std::string(JsonNode(value).AsString()));
  }
  if (const auto rules = spec->Find("rules")) {
    for (const JsonNode rule : rules->Items()) out.rules.push_back(ReadRule(rule, out.name.ns));
  }
  return out;
}

Truth Matches(const AuthorizationPolicy& policy, Enforcer at, const Source& source, uint16_t port) {
  using Action = AuthorizationPolicy::Action;
  // Identities are compared without "spiffe://".
  const std::string principal =
      source.plain() ? "" : policy.trust_domain + "/ns/" + source.ns + "/sa/" + source.account;
  Truth out = Truth::kNo;
  for (const AuthorizationPolicy::Rule& rule : policy.rules) {
    if (at == Enforcer::kZtunnel && policy.action == Action::kAllow && rule.of_requests) continue;
    Truth all = Truth::kYes;
    for (const AuthorizationPolicy::Clause& clause : rule.clauses) {
      Truth any = Truth::kNo;
      for (const Condition& condition : clause)
        any = Or(any, HoldsAt(at, condition, source, principal, port));
      all = And(all, any);
    }
    out = Or(out, all);
  }
  return out;
}

Truth Passes(const std::vector<const AuthorizationPolicy*>& policies, Enforcer at, const Source& source,
             uint16_t port) {
  using Action = AuthorizationPolicy::Action;
  Truth denied = Truth::kNo, allowed = Truth::kNo;
  bool allows = false;
  for (const AuthorizationPolicy* policy : policies) {
    if (policy->does_nothing()) continue;
    if (policy->action == Action::kCustom && at == Enforcer::kZtunnel) continue;
    const Truth matches = Matches(*policy, at, source, port);
    if (policy->action == Action::kDeny) denied = Or(denied, matches);
    // Somebody else decides about what matches.
    if (policy->action == Action::kCustom) denied = Or(denied, And(matches, Truth::kMaybe));
    if (policy->action != Action::kAllow) continue;
    allows = true;
    allowed = Or(allowed, matches);
  }
  return And(Not(denied), allows ? allowed : Truth::kYes);
}

void AddMentions(const AuthorizationPolicy& policy, std::vector<Source>* out) {
  for (const AuthorizationPolicy::Rule& rule : policy.rules) {
    for (const AuthorizationPolicy::Clause& clause : rule.clauses) {
      for (const Condition& condition : clause) {
        for (const Texts* texts : {&condition.namespaces, &condition.not_namespaces})
          MentionNamespaces(*texts, out);
        for (const Texts* texts : {&condition.principals, &condition.not_principals}) {
          for (const std::string& text : texts->exact) MentionPrincipal(text, out);
          for (const std::string& text : texts->patterns) {
            if (text != "*") MentionPrincipal(text, out);
          }
        }
        out->insert(out->end(), condition.accounts.begin(), condition.accounts.end());
        out->insert(out->end(), condition.not_accounts.begin(), condition.not_accounts.end());
      }
    }
  }
}

}  // namespace fairlead::reconcilers::preview
