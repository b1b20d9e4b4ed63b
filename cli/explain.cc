#include "reconcilers/explain.h"

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/json_write.h"

namespace fairlead::cli {
namespace {

// The kind among `kinds` under which the name is known; the first where it is not.
ObjectKey FindKey(const reconcilers::World& world, std::initializer_list<Kind> kinds, const NamespacedName& name) {
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

}  // namespace

int Explain(const ExplainOptions& options, const Output& output) {
  const Offline offline = Read(options.input);
  PrintProblems(offline.loaded, output);
  const NamespacedName name = ParseName(options.name, options.input.ns);
  const ObjectKey key = options.kind == "service"
                            ? FindKey(offline.world, {Kind::kService, Kind::kServiceEntry}, name)
                            : FindKey(offline.world, {Kind::kHTTPRoute, Kind::kGRPCRoute}, name);
  const reconcilers::Explanation explanation = reconcilers::Explain(offline.world, key);
  if (options.format == Format::kJson) {
    output.out << WritePrettyJson(reconcilers::ToJson(explanation));
  } else {
    output.out << Colored(reconcilers::ToText(explanation), output);
  }
  const bool missing = !offline.world.Find(key);
  return missing || offline.loaded.HasErrors() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
