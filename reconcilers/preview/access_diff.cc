#include "reconcilers/preview/access_diff.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "reconcilers/preview/field_diff.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kShown = 6;  // names in one line

using What = AccessLine::What;

// One caller, or all that are like it, at one port or at all.
struct Change {
  Source source;
  uint16_t port = 0;  // 0: every port
  Answer before = Answer::kNo, after = Answer::kNo;
  std::vector<Source> except;
  friend auto operator<=>(const Change&, const Change&) = default;
};

struct Answers {
  Answer before = Answer::kNo, after = Answer::kNo;
  friend bool operator==(const Answers&, const Answers&) = default;
};

What WhatOf(const Change& change) {
  if (change.before == change.after) return What::kDepends;
  if (change.after < change.before) return change.after == Answer::kDepends ? What::kMayLose : What::kLost;
  return change.after == Answer::kDepends ? What::kMayGain : What::kGained;
}

// All changes between two ways to a service.
class Comparing {
 public:
  Comparing(const PolicyTable& table, const Way& before, const Way& after)
      : table_(table), before_(before), after_(after) {
    mentions_ = MentionsOf(table, before);
    for (const Source& source : MentionsOf(table, after)) mentions_.push_back(source);
    std::sort(mentions_.begin(), mentions_.end());
    mentions_.erase(std::unique(mentions_.begin(), mentions_.end()), mentions_.end());
    matter_ = DependsOf(before) != DependsOf(after);
  }

  std::vector<Change> Run(bool plain) {
    std::vector<std::pair<WayPort, WayPort>> ports;
    for (const WayPort& port : before_.ports) {
      const auto at = std::find_if(after_.ports.begin(), after_.ports.end(),
                                   [&](const WayPort& other) { return other.port == port.port; });
      if (at != after_.ports.end()) ports.push_back({port, *at});
    }
    if (ports.empty() && (!before_.ports.empty() || !after_.ports.empty())) return {};
    if (ports.empty()) ports.push_back({});
    const bool each = OfPorts(table_, before_) || OfPorts(table_, after_);
    if (!each) ports.resize(1);
    std::vector<Change> out;
    bool same = true;
    for (size_t i = 0; i < ports.size(); ++i) {
      std::vector<Change> at = At(ports[i].first, ports[i].second, plain);
      if (i == 0) out = at;
      same = same && at == out;
      if (!same) break;
    }
    if (same) return out;
    out.clear();
    for (const auto& [was, is] : ports) {
      for (Change change : At(was, is, plain)) {
        change.port = is.port;
        out.push_back(std::move(change));
      }
    }
    return out;
  }

 private:
  std::vector<int> DependsOf(const Way& way) const {
    std::vector<int> out;
    for (const int id : PoliciesOf(way)) {
      if (table_.At(id).depends) out.push_back(id);
    }
    return out;
  }

  Answers Of(const Source& source, const WayPort& was, const WayPort& is) const {
    return {Ask(table_, before_, source, was), Ask(table_, after_, source, is)};
  }

  bool Changes(const Answers& answers) const {
    return answers.before != answers.after || (matter_ && answers.before == Answer::kDepends);
  }

  std::vector<Change> At(const WayPort& was, const WayPort& is, bool plain) const {
    std::vector<Change> out;
    const Answers others = Of(Source(), was, is);
    std::vector<Source> differ;
    std::map<std::string, Answers> namespaces;
    std::map<std::string, std::vector<Source>> differ_in;
    for (const Source& source : mentions_) {
      const Answers answers = Of(source, was, is);
      Answers parent = others;
      if (source.account == kAnyOther) {
        namespaces[source.ns] = answers;
      } else if (const auto at = namespaces.find(source.ns); at != namespaces.end()) {
        parent = at->second;
      } else if (source.ns != kAnyOther) {
        parent = namespaces[source.ns] = Of({source.ns, kAnyOther}, was, is);
      }
      if (answers == parent) continue;
      (source.account == kAnyOther || parent == others ? differ : differ_in[source.ns]).push_back(source);
      if (Changes(answers)) out.push_back({source, 0, answers.before, answers.after, {}});
    }
    for (Change& change : out) {
      if (change.source.account == kAnyOther) change.except = differ_in[change.source.ns];
    }
    if (Changes(others)) out.push_back({Source(), 0, others.before, others.after, differ});
    if (plain) {
      const Answers answers = Of(PlainText(), was, is);
      if (Changes(answers)) out.push_back({PlainText(), 0, answers.before, answers.after, {}});
    }
    return out;
  }

  const PolicyTable& table_;
  const Way& before_;
  const Way& after_;
  std::vector<Source> mentions_;
  bool matter_ = false;  // what depends on requests is not what it was
};

template <class T>
void Append(const T& value, std::string* out) {
  *out += std::to_string(value) + ",";
}

// Equal for ways to different services that differ in nothing else.
std::string Signature(const Way& way) {
  std::string out = way.waypoint ? "w" + way.waypoint_account.ns + "/" + way.waypoint_account.account : "p";
  for (const int id : way.at_waypoint) Append(id, &out);
  for (const std::vector<int>& pod : way.at_pods) {
    out += "|";
    for (const int id : pod) Append(id, &out);
  }
  out += ";";
  for (const WayPort& port : way.ports) {
    Append(port.port, &out);
    Append(port.target, &out);
  }
  return out;
}

std::vector<std::string> Because(const PolicyTable& table, const Way& before, const Way& after) {
  const std::vector<int> was = PoliciesOf(before), is = PoliciesOf(after);
  std::vector<int> differ;
  std::set_symmetric_difference(was.begin(), was.end(), is.begin(), is.end(), std::back_inserter(differ));
  std::set<std::string> names;
  for (const int id : differ)
    names.insert(Printable("AuthorizationPolicy " + table.At(id).policy.name.ToString()));
  if (before.waypoint != after.waypoint || before.waypoint_account != after.waypoint_account) {
    const Source& account = after.waypoint ? after.waypoint_account : before.waypoint_account;
    names.insert("waypoint " + account.ns + "/" + account.account);
  }
  return {names.begin(), names.end()};
}

class Summing {
 public:
  Summing(const AccessSide& before, const AccessSide& after, const PolicyTable& table)
      : before_(before), after_(after), table_(table) {
    for (const auto& [key, way] : after.access.ways) {
      if (!key.second) ++services_in_[GroupOf(key.first.ns)];
    }
    for (const auto& [ns, workspace] : after.workspace_of) {
      const auto was = before.workspace_of.find(ns);
      if (was != before.workspace_of.end() && was->second == workspace) members_[workspace].insert(ns);
    }
  }

  std::vector<AccessLine> Run() {
    for (const auto& [key, before] : before_.access.ways) {
      if (key.second) continue;
      const auto after = after_.access.ways.find(key);
      if (after != after_.access.ways.end()) Service(key.first, before, after->second);
    }
    return Lines();
  }

 private:
  // What makes one line.
  using LineKey = std::tuple<What, bool, Answer, Answer, Source, std::vector<Source>>;
  using Services = std::set<std::pair<std::string, std::string>>;  // group, name
  struct Found {
    Services services;
    std::set<std::string> because;
  };

  std::string GroupOf(const std::string& ns) const {
    const auto at = after_.workspace_of.find(ns);
    return at == after_.workspace_of.end() ? "namespace " + ns : "workspace " + at->second;
  }

  void Service(const ObjectKey& service, const Way& before, const Way& after) {
    const Way& around_before = AroundOf(before_.access, service, before);
    const Way& around_after = AroundOf(after_.access, service, after);
    const bool around = before.waypoint || after.waypoint;
    Compare(service, before, after, false, !around);
    if (around) Compare(service, around_before, around_after, true, true);
  }

  static const Way& AroundOf(const AccessModel& access, const ObjectKey& service, const Way& way) {
    const auto at = access.ways.find({service, true});
    return at == access.ways.end() ? way : at->second;
  }

  void Compare(const ObjectKey& service, const Way& before, const Way& after, bool around, bool plain) {
    const std::string was = Signature(before), is = Signature(after);
    if (was == is) return;
    const auto [at, fresh] = compared_.try_emplace({was, is, plain});
    if (fresh) {
      at->second.first = Comparing(table_, before, after).Run(plain);
      if (!at->second.first.empty()) at->second.second = Because(table_, before, after);
    }
    for (const Change& change : at->second.first) {
      std::string name = service.kind == Kind::kService ? service.nn().ToString() : service.ToString();
      if (change.port != 0) name += ":" + std::to_string(change.port);
      Found& found =
          lines_[{WhatOf(change), around, change.before, change.after, change.source, change.except}];
      found.services.insert({GroupOf(service.ns), Printable(std::move(name))});
      found.because.insert(at->second.second.begin(), at->second.second.end());
    }
  }

  // Each name once, by group; a group that is there as a whole in one word.
  std::string Sum(const Services& services) const {
    std::map<std::string, std::vector<std::string>> groups;
    for (const auto& [group, name] : services) groups[group].push_back(name);
    std::string out;
    size_t shown = 0, more = 0;
    for (const auto& [group, names] : groups) {
      const size_t all = services_in_.at(group);
      const bool whole = names.size() == all && names.size() > 1 &&
                         std::none_of(names.begin(), names.end(),
                                      [](const auto& name) { return name.find(':') != std::string::npos; });
      if (whole && shown < kShown) {
        out += (out.empty() ? "" : ", ") + ("all " + std::to_string(all) + " services of " + group);
        ++shown;
        continue;
      }
      for (const std::string& name : names) {
        if (shown >= kShown) {
          ++more;
          continue;
        }
        out += (out.empty() ? "" : ", ") + name;
        ++shown;
      }
    }
    return more == 0 ? out : out + " and " + std::to_string(more) + " more";
  }

  // Namespaces of the input that are meant by everybody else.
  void Known(const std::vector<Source>& except, AccessLine* line) const {
    std::set<std::string> named;
    std::vector<Source> patterns;
    for (const Source& source : except) {
      if (source.account != kAnyOther) continue;
      named.insert(source.ns);
      if (source.ns.find(kAnyOther) != std::string::npos) patterns.push_back(source);
    }
    for (const std::string& ns : after_.access.namespaces) {
      if (named.count(ns) > 0 || std::any_of(patterns.begin(), patterns.end(),
                                             [&ns](const Source& pattern) { return IsMeant(ns, pattern); }))
        continue;
      if (++line->known_count <= kShown) line->known.push_back(ns);
    }
  }

  std::vector<AccessLine> Lines() {
    // Namespaces with the same line, to find workspaces among them.
    using Rest = std::pair<LineKey, Services>;
    std::map<Rest, std::map<std::string, const Found*>> alike;
    std::vector<AccessLine> out;
    for (const auto& [key, found] : lines_) {
      const Source& source = std::get<4>(key);
      if (source.account == kAnyOther && source.ns != kAnyOther && std::get<5>(key).empty()) {
        LineKey any = key;
        std::get<4>(any) = Source();
        alike[{std::move(any), found.services}][source.ns] = &found;
      } else {
        out.push_back(Line(key, found, ""));
      }
    }
    for (auto& [rest, namespaces] : alike) {
      for (const auto& [workspace, members] : members_) {
        if (!std::all_of(members.begin(), members.end(),
                         [&n = namespaces](const auto& ns) { return n.count(ns) > 0; }))
          continue;
        Found whole{rest.second, {}};
        for (const std::string& ns : members) {
          whole.because.insert(namespaces.at(ns)->because.begin(), namespaces.at(ns)->because.end());
          namespaces.erase(ns);
        }
        out.push_back(Line(rest.first, whole, "workspace " + workspace));
      }
      for (const auto& [ns, found] : namespaces)
        out.push_back(Line(rest.first, *found, InWords(Source{ns, kAnyOther})));
    }
    std::sort(out.begin(), out.end(), [](const AccessLine& a, const AccessLine& b) {
      return std::tie(a.what, a.to, a.caller, a.around, a.before, a.after, a.because) <
             std::tie(b.what, b.to, b.caller, b.around, b.before, b.after, b.because);
    });
    return out;
  }

  AccessLine Line(const LineKey& key, const Found& found, const std::string& caller) const {
    AccessLine out;
    const Source& source = std::get<4>(key);
    const std::vector<Source>& except = std::get<5>(key);
    std::tie(out.what, out.around, out.before, out.after, std::ignore, std::ignore) = key;
    out.because.assign(found.because.begin(), found.because.end());
    out.caller = caller.empty() ? InWords(source) : caller;
    if (caller.empty() && source == Source()) {
      out.caller = except.empty() ? "everyone in the mesh" : "everyone else in the mesh";
      Known(except, &out);
    } else if (caller.empty() && !except.empty()) {
      out.caller = "the rest of " + out.caller;
    }
    for (const Source& other : except) out.except.push_back(InWords(other));
    for (const auto& [group, name] : found.services) out.services.push_back(name);
    std::sort(out.services.begin(), out.services.end());
    out.to = Sum(found.services);
    return out;
  }

  const AccessSide& before_;
  const AccessSide& after_;
  const PolicyTable& table_;
  std::map<std::string, size_t> services_in_;
  std::map<std::string, std::set<std::string>> members_;  // of workspaces, in both states
  std::map<std::tuple<std::string, std::string, bool>,
           std::pair<std::vector<Change>, std::vector<std::string>>>
      compared_;
  std::map<LineKey, Found> lines_;
};

}  // namespace

std::string_view ToString(AccessLine::What what) {
  switch (what) {
    case What::kLost:
      return "lost";
    case What::kMayLose:
      return "may be lost";
    case What::kGained:
      return "gained";
    case What::kMayGain:
      return "may be gained";
    case What::kDepends:
      return "depends";
  }
  return "";
}

std::string InWords(const Source& source) {
  const auto pattern = [](std::string text) {
    for (char& c : text) c = c == kAnyOther[0] ? '*' : c;
    return Printable(std::move(text));
  };
  if (source.plain()) return "plain text";
  if (source == Source()) return "everyone";
  const bool many = (source.ns + source.account).find(kAnyOther) != std::string::npos;
  if (source.account != kAnyOther)
    return (many ? "accounts " : "") + pattern(source.ns) + "/" + pattern(source.account);
  return (source.ns.find(kAnyOther) == std::string::npos ? "namespace " : "namespaces ") + pattern(source.ns);
}

std::vector<AccessLine> DiffAccess(const AccessSide& before, const AccessSide& after,
                                   const PolicyTable& table) {
  return Summing(before, after, table).Run();
}

}  // namespace fairlead::reconcilers::preview
