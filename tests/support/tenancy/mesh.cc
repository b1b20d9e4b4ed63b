#include "tests/support/tenancy/mesh.h"

#include <algorithm>
#include <random>
#include <sstream>

namespace fairlead::testing {
namespace {

using api::SharedResources;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  unsigned Below(size_t n) { return static_cast<unsigned>(engine_() % n); }
  bool OneIn(unsigned n) { return Below(n) == 0; }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kNamespaces = {"na", "nb", "nc", "nd", "ne"};
const std::vector<std::string> kWorkspaces = {"red", "blue", "green"};

std::string OneOf(const std::vector<std::string>& of, Dice* dice) { return of[dice->Below(of.size())]; }

SharedResources RandomShare(Dice* dice) {
  SharedResources out;
  out.workspaces.push_back(OneOf({"red", "blue", "green", "*", "gr*", "nobody"}, dice));
  if (dice->OneIn(3)) return out;
  for (unsigned i = 0; i <= dice->Below(2); ++i) {
    SharedResources::Selection selection;
    selection.kind = dice->OneIn(6) ? "HTTPRoute" : "Service";
    if (dice->OneIn(2)) selection.name = OneOf({"s0", "s1", "s*", "*2", "none"}, dice);
    if (dice->OneIn(4)) selection.ns = OneOf(kNamespaces, dice);
    if (dice->OneIn(3)) {
      selection.selector.emplace();
      selection.selector->match_labels.Set("tier", OneOf({"web", "data"}, dice));
    }
    out.resources.push_back(std::move(selection));
  }
  return out;
}

void FillWorkspaces(Mesh* mesh, Dice* dice) {
  mesh->workspaces.clear();
  for (const std::string& name : kWorkspaces) {
    MeshWorkspace workspace;
    workspace.name = name;
    if (dice->OneIn(8)) workspace.isolation = dice->OneIn(2) ? api::Isolation::kOff : api::Isolation::kAudit;
    for (unsigned i = 0; i < dice->Below(3); ++i) workspace.export_to.push_back(RandomShare(dice));
    for (unsigned i = 0; i < dice->Below(3); ++i) workspace.import_from.push_back(RandomShare(dice));
    if (dice->OneIn(3)) workspace.ingress.insert({"edge", "gateway"});
    mesh->workspaces.push_back(std::move(workspace));
  }
  for (const std::string& ns : kNamespaces) {
    const unsigned which = dice->Below(kWorkspaces.size() + 1);
    if (which < kWorkspaces.size()) mesh->workspaces[which].namespaces.insert(ns);
  }
}

Labels RandomSelector(Dice* dice) {
  Labels out;
  if (dice->OneIn(8)) return out;
  out.Set("app", OneOf({"x", "y"}, dice));
  if (dice->OneIn(3)) out.Set("version", OneOf({"v1", "v2"}, dice));
  return out;
}

std::string InWords(const std::vector<SharedResources>& shares) {
  std::string out;
  for (const SharedResources& share : shares) {
    out += " [" + share.workspaces.front();
    for (const auto& s : share.resources) {
      out += " " + s.kind + "/" + s.ns + "/" + s.name;
      if (s.selector) out += "(" + std::string(s.selector->match_labels.Get("tier")) + ")";
    }
    out += "]";
  }
  return out;
}

std::string InWords(const Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) out.append(" ").append(key).append("=").append(value);
  return out;
}

template <class T, class F>
void Without(const std::vector<T>& list, const F& add) {
  for (size_t i = 0; i < list.size(); ++i) {
    std::vector<T> less = list;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    add(less);
  }
}

}  // namespace

const MeshWorkspace* Mesh::WorkspaceOf(const std::string& ns) const {
  for (const MeshWorkspace& workspace : workspaces) {
    if (workspace.namespaces.count(ns) > 0) return &workspace;
  }
  return nullptr;
}

std::string Mesh::ToString() const {
  std::ostringstream out;
  for (const MeshWorkspace& w : workspaces) {
    out << w.name << ":";
    for (const std::string& ns : w.namespaces) out << " " << ns;
    out << " isolation " << static_cast<int>(w.isolation) << " ingress " << w.ingress.size() << " exports"
        << InWords(w.export_to) << " imports" << InWords(w.import_from) << "\n";
  }
  for (const MeshService& s : services)
    out << "service " << s.ns << "/" << s.name << InWords(s.labels) << " selects" << InWords(s.selector)
        << " waypoint " << s.waypoint << "\n";
  for (const MeshPod& p : pods) out << "pod " << p.ns << InWords(p.labels) << "\n";
  for (const MeshWaypoint& w : waypoints) out << "waypoint " << w.ns << "/" << w.name << "\n";
  return out.str();
}

Mesh RandomMesh(unsigned seed) {
  Dice dice(seed);
  Mesh out;
  FillWorkspaces(&out, &dice);
  for (unsigned i = 0; i < dice.Below(3); ++i)
    out.waypoints.push_back(
        {dice.OneIn(2) ? "platform" : OneOf(kNamespaces, &dice), "wp" + std::to_string(i)});
  for (const std::string& ns : kNamespaces) {
    for (unsigned i = 0; i < dice.Below(4); ++i) {
      MeshService service{ns, "s" + std::to_string(i), {}, RandomSelector(&dice)};
      service.labels.Set("tier", OneOf({"web", "data"}, &dice));
      if (!out.waypoints.empty() && dice.OneIn(3))
        service.waypoint = static_cast<int>(dice.Below(out.waypoints.size()));
      out.services.push_back(std::move(service));
    }
    for (const char* app : {"x", "y"}) {
      for (const char* version : {"v1", "v2"}) {
        if (!dice.OneIn(3)) out.pods.push_back({ns, Labels{{"app", app}, {"version", version}}});
      }
    }
    out.callers.push_back({ns, "default"});
  }
  out.callers.push_back({"edge", "gateway"});
  out.callers.push_back({"edge", "other"});
  return out;
}

Mesh Changed(const Mesh& mesh, unsigned seed) {
  Dice dice(seed);
  Mesh out = mesh, fresh = mesh;
  FillWorkspaces(&fresh, &dice);
  if (dice.OneIn(3)) return fresh;
  // One workspace is made, changed or deleted, or one namespace moves.
  const size_t which = dice.Below(out.workspaces.size());
  if (dice.OneIn(2)) {
    const std::set<std::string> namespaces = out.workspaces[which].namespaces;
    out.workspaces[which] = fresh.workspaces[which];
    out.workspaces[which].namespaces = dice.OneIn(4) ? std::set<std::string>() : namespaces;
  } else {
    const std::string ns = OneOf(kNamespaces, &dice);
    for (MeshWorkspace& workspace : out.workspaces) workspace.namespaces.erase(ns);
    out.workspaces[which].namespaces.insert(ns);
  }
  return out;
}

std::vector<Mesh> Smaller(const Mesh& mesh) {
  std::vector<Mesh> out;
  const auto with = [&](const auto& change) {
    Mesh less = mesh;
    change(&less);
    out.push_back(std::move(less));
  };
  Without(mesh.services, [&](const auto& list) { with([&](Mesh* m) { m->services = list; }); });
  Without(mesh.pods, [&](const auto& list) { with([&](Mesh* m) { m->pods = list; }); });
  for (size_t i = 0; i < mesh.workspaces.size(); ++i) {
    const MeshWorkspace& w = mesh.workspaces[i];
    for (const std::string& ns : w.namespaces) with([&](Mesh* m) { m->workspaces[i].namespaces.erase(ns); });
    Without(w.export_to,
            [&](const auto& list) { with([&](Mesh* m) { m->workspaces[i].export_to = list; }); });
    Without(w.import_from,
            [&](const auto& list) { with([&](Mesh* m) { m->workspaces[i].import_from = list; }); });
    if (!w.ingress.empty()) with([&](Mesh* m) { m->workspaces[i].ingress.clear(); });
  }
  return out;
}

bool Selects(const Labels& selector, const Labels& labels) {
  return !selector.empty() && std::all_of(selector.begin(), selector.end(), [&](const auto& label) {
    return labels.Find(label.first) == label.second;
  });
}

}  // namespace fairlead::testing
