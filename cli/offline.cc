#include "cli/offline.h"

#include "crds/base/json_write.h"

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
  for (const Problem& p : loaded.problems) {
    output.err << p.Place() << ": "
               << output.PaintErr(StyleOf(p.severity()), reconcilers::ToString(p.severity())) << " "
               << reconcilers::ToString(p.code) << ": " << (p.object.empty() ? "" : p.object + ": ")
               << p.error.ToString() << "\n";
  }
}

void Print(const Json::Value& value, Format format, const Output& output) {
  output.out << (format == Format::kJson ? WritePrettyJson(value) : WriteYaml(value));
}

Style StyleOf(reconcilers::Severity severity) {
  switch (severity) {
    case reconcilers::Severity::kError:
      return Style::kRed;
    case reconcilers::Severity::kWarning:
      return Style::kYellow;
    case reconcilers::Severity::kInfo:
      return Style::kCyan;
  }
  return Style::kDim;
}

NamespacedName ParseName(const std::string& text, const std::string& default_namespace) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return {default_namespace, text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace fairlead::cli
