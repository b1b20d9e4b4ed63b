#include "reconcilers/preview/graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kShown = 3;  // callers of a box in words

const char* InWords(api::Isolation isolation) {
  return isolation == api::Isolation::kEnforced ? "Enforced"
         : isolation == api::Isolation::kAudit  ? "Audit"
                                                : "Off";
}

std::string InWords(const api::WorkspaceRole& role) {
  std::string out = role.name + ":";
  for (const api::Subject& subject : role.subjects)
    out += " " + (subject.ns.empty() ? subject.name : subject.ns + "/" + subject.name);
  out += " may change";
  for (const api::Grant& grant : role.allow) {
    for (const std::string& kind : grant.kinds) out += " " + kind;
    if (grant.fields.empty()) out += " (every field)";
    if (grant.fields.empty()) continue;
    out += " (";
    for (const std::string& field : grant.fields) out += (out.ends_with('(') ? "" : ", ") + field;
    out += ")";
  }
  return Printable(std::move(out));
}

class Drawing {
 public:
  Drawing(State* state, PolicyTable* table)
      : snapshot_(state->Take(table)), view_(state->Drained().view()), table_(*table) {}

  Graph Run() {
    MakeBoxes();
    for (const auto& [key, way] : snapshot_.access.ways) {
      if (!key.second) Place(key.first, way);
    }
    Graph out;
    for (auto& [key, box] : boxes_) {
      const bool meant = !box.services.empty() || callers_.count(box.name) > 0 || !box.isolation.empty();
      if (!meant) continue;
      box.service_count = box.services.size();
      AddEdges(box, &out);
      out.boxes.push_back(std::move(box));
    }
    std::sort(out.edges.begin(), out.edges.end(), [](const GraphEdge& a, const GraphEdge& b) {
      return std::tie(a.from, a.to, a.kind) < std::tie(b.from, b.to, b.kind);
    });
    return out;
  }

 private:
  using BoxKey = std::pair<bool, std::string>;  // not a workspace, name

  BoxKey KeyOf(const std::string& ns) const {
    const auto at = snapshot_.workspace_of.find(ns);
    return at == snapshot_.workspace_of.end() ? BoxKey{true, ns} : BoxKey{false, at->second};
  }

  GraphBox& BoxOf(const BoxKey& key) {
    GraphBox& box = boxes_[key];
    if (!box.name.empty()) return box;
    box.name = Printable((key.first ? "namespace " : "workspace ") + key.second);
    box.title = Printable(key.second);
    if (key.first) box.namespaces = {key.second};
    return box;
  }

  void MakeBoxes() {
    for (const auto& [name, workspace] : view_.tenancy.by_name()) {
      GraphBox& box = BoxOf({false, name});
      box.isolation = InWords(workspace->workspace->isolation);
      box.namespaces.assign(workspace->namespaces.begin(), workspace->namespaces.end());
      for (const api::WorkspaceRole& role : workspace->workspace->roles) box.roles.push_back(InWords(role));
    }
    for (const std::string& ns : snapshot_.access.namespaces) BoxOf(KeyOf(ns));
  }

  Answer AskAll(const Way& way, const Source& source, bool each) const {
    if (way.ports.empty()) return Ask(table_, way, source, {});
    Answer least = Answer::kYes, most = Answer::kNo;
    for (const WayPort& port : way.ports) {
      const Answer answer = Ask(table_, way, source, port);
      least = std::min(least, answer);
      most = std::max(most, answer);
      if (!each) break;
    }
    return least == most ? least : most == Answer::kDepends ? most : Answer::kSome;
  }

  void Place(const ObjectKey& key, const Way& way) {
    GraphService service{.key = key};
    const bool each = OfPorts(table_, way);
    service.everyone = AskAll(way, Source(), each);
    const auto around = snapshot_.access.ways.find({key, true});
    service.plain = AskAll(around == snapshot_.access.ways.end() ? way : around->second, PlainText(), each);
    std::map<BoxKey, std::set<Source>> told;
    for (const Source& source : MentionsOf(table_, way)) {
      if (source.ns.find(kAnyOther) == std::string::npos) {
        told[KeyOf(source.ns)].insert(source);
        continue;
      }
      if (source.ns == kAnyOther) continue;
      for (const std::string& ns : snapshot_.access.namespaces) {
        if (IsMeant(ns, source)) told[KeyOf(ns)].insert({ns, source.account});
      }
    }
    const BoxKey own = KeyOf(key.ns);
    service.own = AnswerOf(way, own, told[own], each, service.everyone).answer;
    for (const auto& [box, sources] : told) {
      if (box == own || sources.empty()) continue;
      GraphCaller caller = AnswerOf(way, box, sources, each, service.everyone);
      if (caller.answer == service.everyone && caller.who.empty()) continue;
      callers_.insert(caller.box);
      service.callers.push_back(std::move(caller));
    }
    std::sort(service.callers.begin(), service.callers.end(),
              [](const auto& a, const auto& b) { return a.box < b.box; });
    Describe(key, way, &service);
    BoxOf(own).services.push_back(std::move(service));
  }

  // Of all callers of a box together; `sources` are those that policies tell apart.
  GraphCaller AnswerOf(const Way& way, const BoxKey& key, const std::set<Source>& sources, bool each,
                       Answer everyone) {
    const GraphBox& box = BoxOf(key);
    GraphCaller out{box.name, everyone, ""};
    std::map<Answer, std::vector<std::string>> answers;
    for (const std::string& ns : box.namespaces) {
      const Source all{ns, kAnyOther};
      answers[sources.count(all) > 0 ? AskAll(way, all, each) : everyone].push_back(preview::InWords(all));
    }
    for (const Source& source : sources) {
      if (source.account != kAnyOther) answers[AskAll(way, source, each)].push_back(preview::InWords(source));
    }
    if (answers.empty()) return out;
    out.answer = answers.size() == 1 ? answers.begin()->first : Answer::kSome;
    if (answers.size() == 1) return out;
    const auto best = answers.rbegin();
    if (best->first == Answer::kDepends) out.answer = Answer::kDepends;
    for (size_t i = 0; i < std::min(best->second.size(), kShown); ++i)
      out.who += (i == 0 ? "" : ", ") + best->second[i];
    if (best->second.size() > kShown)
      out.who += " and " + std::to_string(best->second.size() - kShown) + " more";
    return out;
  }

  void Describe(const ObjectKey& key, const Way& way, GraphService* out) const {
    for (const int id : PoliciesOf(way)) {
      const AuthorizationPolicy& policy = table_.At(id).policy;
      if (!policy.name.name.starts_with("fairlead-isolation"))
        out->authorization.push_back(Printable(policy.name.ToString()));
    }
    std::sort(out->authorization.begin(), out->authorization.end());
    const auto at = snapshot_.services.find(key);
    if (at == snapshot_.services.end()) return;
    for (const EffectivePort& port : at->second->ports)
      out->ports.push_back(std::to_string(port.port) + " " + std::string(ToString(port.protocol)));
    for (const ObjectKey& policy : at->second->policies)
      out->policies.push_back(Printable(policy.ToString()));
    if (at->second->waypoint) out->waypoint = Printable(at->second->waypoint->ToString());
  }

  static void AddEdges(const GraphBox& box, Graph* out) {
    struct Count {
      size_t may = 0, depends = 0, denied = 0;
      std::set<std::pair<Answer, std::string>> alike;
    };
    std::map<std::string, Count> from;
    for (const GraphService& service : box.services) {
      for (const GraphCaller& caller : service.callers) {
        Count& count = from[caller.box];
        if (service.everyone == Answer::kYes) {
          ++count.denied;
        } else {
          ++count.may;
          count.depends += caller.answer == Answer::kDepends ? 1 : 0;
          count.alike.insert({caller.answer, caller.who});
        }
      }
    }
    for (const auto& [name, count] : from) {
      const size_t of = box.services.size();
      const bool all = count.may == of && count.alike.size() == 1;
      const GraphEdge::Kind kind = count.depends == count.may ? GraphEdge::Kind::kDepends
                                   : all                      ? GraphEdge::Kind::kAll
                                                              : GraphEdge::Kind::kSome;
      if (count.may > 0)
        out->edges.push_back({name, box.name, kind, count.may, of, all ? count.alike.begin()->second : ""});
      if (count.denied > 0)
        out->edges.push_back({name, box.name, GraphEdge::Kind::kDenied, count.denied, of});
    }
  }

  const Snapshot snapshot_;
  const View& view_;
  const PolicyTable& table_;
  std::map<BoxKey, GraphBox> boxes_;
  std::set<std::string> callers_;
};

bool SameService(const GraphService& a, const GraphService& b) {
  return std::tie(a.ports, a.everyone, a.plain, a.own, a.callers, a.policies, a.authorization, a.waypoint) ==
         std::tie(b.ports, b.everyone, b.plain, b.own, b.callers, b.policies, b.authorization, b.waypoint);
}

// Both lists by key; f(old, now), null where one is missing.
template <class T, class K, class F>
void Pair(const std::vector<T>& before, const std::vector<T>& after, const K& key, const F& f) {
  using Key = std::decay_t<decltype(key(before.front()))>;
  std::map<Key, std::pair<const T*, const T*>> pairs;
  for (const T& item : before) pairs[key(item)].first = &item;
  for (const T& item : after) pairs[key(item)].second = &item;
  for (const auto& [k, pair] : pairs) f(pair.first, pair.second);
}

template <class T>
std::optional<Sign> SignOf(const T* before, const T* after, bool differ) {
  if (before == nullptr) return Sign::kAdded;
  if (after == nullptr) return Sign::kRemoved;
  return differ ? std::optional(Sign::kChanged) : std::nullopt;
}

GraphBox CompareBoxes(const GraphBox* before, const GraphBox* after) {
  GraphBox out = after != nullptr ? *after : *before;
  const bool differ = before != nullptr && after != nullptr &&
                      std::tie(before->isolation, before->namespaces, before->roles) !=
                          std::tie(after->isolation, after->namespaces, after->roles);
  out.sign = SignOf(before, after, differ);
  static const std::vector<GraphService> kNone;
  out.services.clear();
  Pair(
      before == nullptr ? kNone : before->services, after == nullptr ? kNone : after->services,
      [](const GraphService& s) { return s.key; },
      [&out](const GraphService* was, const GraphService* is) {
        GraphService service = is != nullptr ? *is : *was;
        service.sign = SignOf(was, is, was != nullptr && is != nullptr && !SameService(*was, *is));
        out.services.push_back(std::move(service));
      });
  out.service_count = out.services.size();
  return out;
}

}  // namespace

std::string_view ToString(GraphEdge::Kind kind) {
  switch (kind) {
    case GraphEdge::Kind::kAll:
      return "all";
    case GraphEdge::Kind::kSome:
      return "some";
    case GraphEdge::Kind::kDepends:
      return "depends";
    case GraphEdge::Kind::kDenied:
      return "denied";
  }
  return "";
}

std::string InWords(const GraphCaller& caller) {
  if (caller.who.empty()) return caller.box + ": " + std::string(ToString(caller.answer));
  return caller.box +
         (caller.answer == Answer::kDepends ? ": depends on request or address, " : ": in part, ") +
         caller.who;
}

Graph GraphOf(State* state, PolicyTable* table) { return Drawing(state, table).Run(); }

Graph CompareGraphs(const Graph& before, const Graph& after) {
  Graph out;
  out.compared = true;
  Pair(
      before.boxes, after.boxes,
      [](const GraphBox& b) { return std::pair(b.name.starts_with("namespace "), b.title); },
      [&out](const GraphBox* was, const GraphBox* is) { out.boxes.push_back(CompareBoxes(was, is)); });
  Pair(
      before.edges, after.edges,
      [](const GraphEdge& e) { return std::tuple(e.from, e.to, e.kind == GraphEdge::Kind::kDenied); },
      [&out](const GraphEdge* was, const GraphEdge* is) {
        GraphEdge edge = is != nullptr ? *is : *was;
        edge.sign = SignOf(
            was, is,
            was != nullptr && is != nullptr &&
                std::tie(was->kind, was->services, was->who) != std::tie(is->kind, is->services, is->who));
        out.edges.push_back(std::move(edge));
      });
  return out;
}

Result<Graph> FocusOn(const GraphFocus& focus, Graph graph) {
  if (focus.workspace.empty() && focus.service.empty()) return graph;
  std::set<std::string> centre;
  for (GraphBox& box : graph.boxes) {
    if (!focus.workspace.empty() && box.name == "workspace " + focus.workspace) centre.insert(box.name);
    if (focus.service.empty()) continue;
    std::vector<GraphService> found;
    for (const GraphService& service : box.services) {
      if (service.key.nn().ToString() == focus.service) found.push_back(service);
    }
    if (found.empty()) continue;
    box.services = std::move(found);
    centre.insert(box.name);
  }
  if (centre.empty()) {
    const bool workspace = focus.service.empty();
    return Unexpected(Error{ErrorClass::kNotFound,
                            "there is no " + (workspace ? "workspace " + focus.workspace
                                                        : "Service or ServiceEntry " + focus.service)});
  }
  std::set<std::string> callers;
  for (const GraphBox& box : graph.boxes) {
    if (centre.count(box.name) == 0) continue;
    for (const GraphService& service : box.services) {
      for (const GraphCaller& caller : service.callers) callers.insert(caller.box);
    }
  }
  std::set<std::string> near = centre;
  std::erase_if(graph.edges, [&](const GraphEdge& edge) {
    const bool in = centre.count(edge.to) > 0 && callers.count(edge.from) > 0;
    const bool out = focus.service.empty() && centre.count(edge.from) > 0;
    if (!in && !out) return true;
    near.insert({edge.from, edge.to});
    return false;
  });
  std::erase_if(graph.boxes, [&](const GraphBox& box) { return near.count(box.name) == 0; });
  for (GraphBox& box : graph.boxes) {
    if (centre.count(box.name) == 0) box.services.clear();
  }
  return graph;
}

}  // namespace fairlead::reconcilers::preview
