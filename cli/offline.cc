#include "cli/offline.h"

namespace fairlead::cli {

Offline Read(const InputOptions& input) {
  LoadOptions options;
  options.default_namespace = input.ns;
  reconcilers::WorldOptions world;
  world.cluster_domain = input.cluster_domain;
  world.root_namespace = input.root_namespace;
  world.istio_mode = input.istio_mode;
  Offline offline{Load(input.paths, options), reconcilers::World(world)};
  for (const LoadedObject& object : offline.loaded.objects) offline.world.Apply(object.object);
  offline.world.Drain();
  return offline;
}

void PrintProblems(const Loaded& loaded, const Output& output) {
  for (const Problem& problem : loaded.problems) {
    output.err << output.PaintErr(problem.warning ? Style::kYellow : Style::kRed, problem.ToString()) << "\n";
  }
}

NamespacedName ParseName(const std::string& text, const std::string& default_namespace) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return {default_namespace, text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace fairlead::cli
