#include "reconcilers/explain.h"

#include <algorithm>
#include <initializer_list>

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/nearest.h"
#include "reconcilers/lower/view.h"

namespace fairlead::cli {
namespace {

// The kind among `kinds` under which the name is known; the first where it is not.
ObjectKey FindKey(const reconcilers::World& world, std::initializer_list<Kind> kinds,
                  const NamespacedName& name) {
  for (Kind kind : kinds) {
    ObjectKey key{kind, name.ns, name.name};
    if (world.Find(key)) return key;
  }
  return {*kinds.begin(), name.ns, name.name};
}

// Headings bold, what lost dim.
std::string Colored(const std::string& text, const Output& output) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(at, end - at);
    if (!line.empty() && line[0] != ' ') {
      out += output.Paint(Style::kBold, line);
    } else if (line.find("lost") != std::string::npos) {
      out += output.Paint(Style::kDim, line);
    } else {
      out += line;
    }
    out += '\n';
    at = end + 1;
  }
  return out;
}

// What the user may have meant by a name that is not there: the same name elsewhere, or one that is near.
std::string Meant(const reconcilers::World& world, std::initializer_list<Kind> kinds,
                  const NamespacedName& name) {
  std::vector<std::string> elsewhere, names;
  for (Kind kind : kinds) {
    for (const NamespacedName& other : world.view().tables.Names(kind)) {
      if (other.name == name.name) elsewhere.push_back(other.ToString());
      names.push_back(other.ns == name.ns ? other.name : other.ToString());
    }
  }
  if (!elsewhere.empty()) return "; did you mean " + elsewhere.front() + "?";
  std::string_view meant = Nearest(name.name, {names.begin(), names.end()});
  if (meant.empty()) meant = Nearest(name.ToString(), {names.begin(), names.end()});
  if (!meant.empty()) return "; did you mean " + std::string(meant) + "?";
  constexpr size_t kShown = 5;
  std::string out;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i)
    out += (i == 0 ? "; there are " : ", ") + names[i];
  return names.size() > kShown ? out + " and " + std::to_string(names.size() - kShown) + " more" : out;
}

}  // namespace

int Explain(const ExplainOptions& options, const Output& output) {
  const Result<Offline> read = Read(options.input, {.name = options.name, .kinds = {}});
  if (!read) return Fail(read.error(), output);
  const Offline& offline = *read;
  PrintProblems(offline.loaded, output);
  const NamespacedName name = ParseName(options.name, offline.ns);
  const std::initializer_list<Kind> services = {Kind::kService, Kind::kServiceEntry},
                                    routes = {Kind::kHTTPRoute, Kind::kGRPCRoute};
  const std::initializer_list<Kind>& kinds = options.kind == "service" ? services : routes;
  const std::initializer_list<Kind>& others = options.kind == "service" ? routes : services;
  const ObjectKey key = FindKey(offline.world, kinds, name);
  if (!offline.world.Find(key)) {
    const ObjectKey other = FindKey(offline.world, others, name);
    output.err << "fairleadctl: there is no " << InfoOf(*kinds.begin()).name << " or "
               << InfoOf(*(kinds.begin() + 1)).name << " " << name.ToString()
               << (offline.cluster ? " in the cluster" : " in the input");
    if (offline.world.Find(other)) {
      output.err << ", but a " << other.ToString() << ": explain it with `fairleadctl explain "
                 << (options.kind == "service" ? "route " : "service ") << name.ToString() << "`\n";
    } else {
      output.err << Meant(offline.world, kinds, name) << "\n";
    }
    return kExitFindings;
  }
  const reconcilers::Explanation explanation = reconcilers::Explain(offline.world, key);
  if (options.format == Format::kText) {
    output.out << Colored(reconcilers::ToText(explanation), output);
  } else {
    Print(reconcilers::ToJson(explanation), options.format, output);
  }
  return offline.loaded.HasErrors() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
