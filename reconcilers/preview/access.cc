#include "reconcilers/preview/access.h"

#include <algorithm>
#include <charconv>

#include "crds/base/json_write.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr char kIstioRoot[] = "istio-system";

bool Selects(const Labels& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(),
                     [&](const auto& label) { return labels.Find(label.first) == label.second; });
}

// Whether a pod may have the labels of both.
bool MayMeet(const Labels& a, const Labels& b) {
  return std::all_of(a.begin(), a.end(), [&](const auto& label) {
    const auto value = b.Find(label.first);
    return !value || *value == label.second;
  });
}

Labels Both(Labels a, const Labels& b) {
  for (const auto& [key, value] : b) a.Set(key, value);
  return a;
}

void Sort(std::vector<int>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

class Building {
 public:
  Building(const View& view, const std::vector<int>& policies, const PolicyTable& table)
      : view_(view), table_(table) {
    for (const int id : policies) Place(id);
  }

  AccessModel Run() {
    AccessModel out;
    for (const Kind kind : {Kind::kNamespace, Kind::kPod, Kind::kService, Kind::kServiceEntry}) {
      for (const NamespacedName& name : view_.tables.Names(kind))
        out.namespaces.insert(kind == Kind::kNamespace ? name.name : name.ns);
    }
    for (const auto& [name, workspace] : view_.tenancy.by_name())
      out.namespaces.insert(workspace->namespaces.begin(), workspace->namespaces.end());
    view_.tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
      Add({Kind::kService, service->meta.ns, service->meta.name}, service->meta, PodsOf(*service),
          PortsOf(*service), &out);
    });
    view_.tables.ForEach<istio::ServiceEntry>([&](const Ptr<istio::ServiceEntry>& entry) {
      std::vector<WayPort> ports;
      for (const auto& port : entry->ports) ports.push_back({port.number, port.number});
      Add({Kind::kServiceEntry, entry->meta.ns, entry->meta.name}, entry->meta, {}, std::move(ports), &out);
    });
    return out;
  }

 private:
  using Targeted = std::pair<std::string, NamespacedName>;  // kind

  bool IsRoot(const std::string& ns) const { return ns == view_.options.root_namespace || ns == kIstioRoot; }

  void Place(int id) {
    const AuthorizationPolicy& policy = table_.At(id).policy;
    if (!policy.at_waypoint) {
      (IsRoot(policy.name.ns) ? everywhere_ : by_ns_[policy.name.ns]).push_back(id);
      return;
    }
    for (const auto& target : policy.targets) {
      if (target.kind == "GatewayClass") {
        if (IsRoot(policy.name.ns)) at_class_[target.name].push_back(id);
      } else {
        at_target_[{target.kind, {target.ns, target.name}}].push_back(id);
      }
    }
  }

  const std::vector<int>& AtTarget(const std::string& kind, const NamespacedName& name) const {
    static const std::vector<int> kNone;
    const auto at = at_target_.find({kind, name});
    return at == at_target_.end() ? kNone : at->second;
  }

  // Those that hold at a pod of these labels.
  std::vector<int> AtPod(const std::string& ns, const Labels& labels) const {
    std::vector<int> out;
    const auto add = [&](const std::vector<int>& ids) {
      for (const int id : ids) {
        if (Selects(table_.At(id).policy.selector, labels)) out.push_back(id);
      }
    };
    add(everywhere_);
    if (const auto own = by_ns_.find(ns); own != by_ns_.end()) add(own->second);
    Sort(&out);
    return out;
  }

  // The sorts of pods behind a service. Where no pods are known: what its selector says of them, and what
  // policies may find beside that.
  std::vector<std::vector<int>> PodsOf(const core::Service& service) const {
    std::vector<std::vector<int>> out;
    if (service.selector.empty()) return out;
    const std::string& ns = service.meta.ns;
    view_.tables.ForEachIn<core::Pod>(ns, [&](const Ptr<core::Pod>& pod) {
      if (Selects(service.selector, pod->meta.labels)) out.push_back(AtPod(ns, pod->meta.labels));
    });
    if (out.empty()) {
      out.push_back(AtPod(ns, service.selector));
      const auto maybe = [&](const std::vector<int>& ids) {
        for (const int id : ids) {
          const Labels& selector = table_.At(id).policy.selector;
          if (!selector.empty() && MayMeet(service.selector, selector))
            out.push_back(AtPod(ns, Both(service.selector, selector)));
        }
      };
      maybe(everywhere_);
      if (const auto own = by_ns_.find(ns); own != by_ns_.end()) maybe(own->second);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  // The number behind a named port is what all endpoints agree on.
  uint16_t TargetOf(const core::Service& service, const core::ServicePort& port) const {
    uint16_t number = port.port;
    if (!port.target_port.empty()) {
      const char* end = port.target_port.data() + port.target_port.size();
      const auto [stop, error] = std::from_chars(port.target_port.data(), end, number);
      if (error == std::errc() && stop == end) return number;
      number = 0;
    }
    if (number != 0) return number;
    for (const NamespacedName& name : view_.slices_of.Find(service.meta.nn())) {
      const auto slice = view_.tables.Get<core::EndpointSlice>(name);
      if (slice == nullptr) continue;
      for (const core::EndpointPort& one : slice->ports) {
        if (one.name != port.name || one.port == 0) continue;
        if (number != 0 && number != one.port) return 0;
        number = one.port;
      }
    }
    return number;
  }

  std::vector<WayPort> PortsOf(const core::Service& service) const {
    std::vector<WayPort> out;
    for (const core::ServicePort& port : service.ports) out.push_back({port.port, TargetOf(service, port)});
    return out;
  }

  void Add(const ObjectKey& key, const ObjectMeta& meta, std::vector<std::vector<int>> pods,
           std::vector<WayPort> ports, AccessModel* out) const {
    Way way{.service = key, .at_pods = std::move(pods), .ports = std::move(ports)};
    std::sort(way.ports.begin(), way.ports.end());
    const Binding binding = BindingOf(view_, key, meta);
    if (binding.waypoint) {
      Way around = way;
      around.around = true;
      out->ways.emplace(std::pair(key, true), std::move(around));
      way.waypoint = true;
      way.waypoint_account = {binding.waypoint->ns, binding.waypoint->name};
      way.at_waypoint = AtTarget(std::string(ToString(key.kind)), key.nn());
      const std::vector<int>& gateway = AtTarget("Gateway", *binding.waypoint);
      way.at_waypoint.insert(way.at_waypoint.end(), gateway.begin(), gateway.end());
      if (const auto object = view_.tables.Get<gateway::Gateway>(*binding.waypoint)) {
        if (const auto at = at_class_.find(object->class_name); at != at_class_.end())
          way.at_waypoint.insert(way.at_waypoint.end(), at->second.begin(), at->second.end());
      }
      Sort(&way.at_waypoint);
    }
    out->ways.emplace(std::pair(key, false), std::move(way));
  }

  const View& view_;
  const PolicyTable& table_;
  std::vector<int> everywhere_;
  std::map<std::string, std::vector<int>> by_ns_;
  std::map<Targeted, std::vector<int>> at_target_;
  std::map<std::string, std::vector<int>> at_class_;
};

Truth At(const PolicyTable& table, const std::vector<int>& ids, Enforcer at, const Source& source,
         uint16_t port) {
  std::vector<const AuthorizationPolicy*> policies;
  policies.reserve(ids.size());
  for (const int id : ids) policies.push_back(&table.At(id).policy);
  return Passes(policies, at, source, port);
}

Answer AtPods(const PolicyTable& table, const Way& way, const Source& source, const WayPort& port) {
  bool yes = false, no = false, maybe = false;
  for (const std::vector<int>& pod : way.at_pods) {
    const Truth truth = At(table, pod, Enforcer::kZtunnel, source, port.target);
    (truth == Truth::kYes ? yes : truth == Truth::kNo ? no : maybe) = true;
  }
  if (maybe) return Answer::kDepends;
  if (no) return yes ? Answer::kSome : Answer::kNo;
  return Answer::kYes;
}

}  // namespace

std::string_view ToString(Answer answer) {
  switch (answer) {
    case Answer::kNo:
      return "no";
    case Answer::kDepends:
      return "depends on request or address";
    case Answer::kSome:
      return "some pods";
    case Answer::kYes:
      return "yes";
  }
  return "";
}

int PolicyTable::Add(AuthorizationPolicy policy) {
  std::vector<int>& same_name = by_name_[policy.name];
  for (const int id : same_name) {
    if (At(id).policy == policy) return id;
  }
  Entry entry;
  AddMentions(policy, &entry.mentions);
  std::sort(entry.mentions.begin(), entry.mentions.end());
  entry.mentions.erase(std::unique(entry.mentions.begin(), entry.mentions.end()), entry.mentions.end());
  entry.of_ports = policy.of_ports();
  entry.depends = policy.depends();
  entry.policy = std::move(policy);
  entries_.push_back(std::move(entry));
  same_name.push_back(static_cast<int>(entries_.size()) - 1);
  return same_name.back();
}

AccessModel AccessOf(const View& view, const std::vector<int>& policies, const PolicyTable& table) {
  return Building(view, policies, table).Run();
}

std::vector<AuthorizationPolicy> PoliciesAmong(const std::vector<OwnedObject>& objects,
                                               std::string_view trust_domain) {
  std::vector<AuthorizationPolicy> out;
  for (const OwnedObject& object : objects) {
    if (object.kind != "AuthorizationPolicy") continue;
    const Result<JsonDocument> document = JsonDocument::Parse(WriteJson(object.object));
    if (!document) continue;
    if (auto policy = ReadPolicy(document->root(), trust_domain)) out.push_back(std::move(*policy));
  }
  return out;
}

Answer Ask(const PolicyTable& table, const Way& way, const Source& source, const WayPort& port) {
  if (!way.waypoint) return AtPods(table, way, source, port);
  const Truth at_waypoint = At(table, way.at_waypoint, Enforcer::kWaypoint, source, port.port);
  if (at_waypoint == Truth::kNo) return Answer::kNo;
  const Answer at_pods = AtPods(table, way, way.waypoint_account, port);
  return at_waypoint == Truth::kYes ? at_pods : std::min(at_pods, Answer::kDepends);
}

bool OfPorts(const PolicyTable& table, const Way& way) {
  const std::vector<int> policies = PoliciesOf(way);
  return std::any_of(policies.begin(), policies.end(), [&](int id) { return table.At(id).of_ports; });
}

std::vector<int> PoliciesOf(const Way& way) {
  std::vector<int> out = way.at_waypoint;
  for (const std::vector<int>& pod : way.at_pods) out.insert(out.end(), pod.begin(), pod.end());
  Sort(&out);
  return out;
}

std::vector<Source> MentionsOf(const PolicyTable& table, const Way& way) {
  std::set<Source> found;
  std::set<std::string> namespaces, accounts;
  for (const int id : PoliciesOf(way)) {
    for (const Source& source : table.At(id).mentions) {
      found.insert(source);
      if (source.ns == kAnyOther) accounts.insert(source.account);
      if (source.ns != kAnyOther) namespaces.insert(source.ns);
    }
  }
  for (const std::string& ns : namespaces) {
    found.insert({ns, kAnyOther});
    for (const std::string& account : accounts) found.insert({ns, account});
  }
  found.erase(PlainText());
  found.erase(Source());
  return {found.begin(), found.end()};
}

}  // namespace fairlead::reconcilers::preview
