#include "cli/offline.h"

#include "cli/remotes.h"
#include "crds/base/clock.h"
#include "crds/base/json_write.h"

namespace fairlead::cli {

namespace {

Result<Offline> ReadCluster(const InputOptions& input, const Interest& interest,
                            const reconcilers::WorldOptions& world) {
  Result<std::unique_ptr<Cluster>> cluster =
      Cluster::Connect({.kubeconfig = input.kubeconfig, .context = input.context});
  if (!cluster)
    return Unexpected(Error{cluster.error().error_class,
                            "no -f is given, and there is no cluster to read: " + cluster.error().message});
  std::string ns = input.ns.empty() ? (*cluster)->default_namespace() : input.ns;
  Result<Loaded> loaded = (*cluster)->Load({.ns = ParseName(interest.name, ns).ns,
                                            .root_namespace = input.root_namespace,
                                            .kinds = interest.kinds,
                                            .whole = interest.whole,
                                            .access = interest.access});
  if (!loaded) return Unexpected(OfServer(**cluster, loaded.error()));
  return Offline{std::move(*loaded), reconcilers::World(world), std::move(ns), std::move(*cluster)};
}

Offline ReadFiles(const InputOptions& input, const reconcilers::WorldOptions& world) {
  LoadOptions options;
  if (!input.ns.empty()) options.default_namespace = input.ns;
  return Offline{Load(input.paths, options), reconcilers::World(world), options.default_namespace, nullptr};
}

}  // namespace

reconcilers::WorldOptions WorldOptionsOf(const InputOptions& input) {
  reconcilers::WorldOptions world;
  world.cluster_domain = input.cluster_domain;
  world.trust_domain = input.trust_domain;
  world.break_glass_groups = input.break_glass_groups;
  world.root_namespace = input.root_namespace;
  world.cluster_name = input.cluster_name;
  world.istio_mode = input.istio_mode;
  return world;
}

Result<Offline> Read(const InputOptions& input, const Interest& interest) {
  const reconcilers::WorldOptions world = WorldOptionsOf(input);
  Result<Offline> offline =
      input.paths.empty() ? ReadCluster(input, interest, world) : ReadFiles(input, world);
  if (!offline || interest.whole) return offline;
  for (const LoadedObject& object : offline->loaded.objects) offline->world.Apply(object.object);
  if (const Result<void> remotes = ReadRemotes(input, &*offline); !remotes)
    return Unexpected(remotes.error());
  // Which drills are on. Files have no time.
  if (offline->cluster) offline->world.SetNow(Clock::System().WallNow());
  offline->world.Drain();
  return offline;
}

Error OfServer(const Cluster& cluster, Error error) {
  error.message = cluster.server() + ": " + error.message;
  return error;
}

int Fail(const Error& error, const Output& output) {
  output.err << "fairleadctl: " << error.message << "\n";
  return kExitFindings;
}

void PrintProblems(const Loaded& loaded, const Output& output) {
  for (const Problem& p : loaded.problems) {
    output.err << p.Place() << ": "
               << output.PaintErr(StyleOf(p.severity()), reconcilers::ToString(p.severity())) << " "
               << reconcilers::ToString(p.code) << ": " << (p.object.empty() ? "" : p.object + ": ")
               << p.error.ToString() << "\n";
  }
  PrintUnread(loaded, output);
}

void PrintUnread(const Loaded& loaded, const Output& output) {
  for (const Unread& u : loaded.unread) {
    output.err << "cluster: " << output.PaintErr(Style::kYellow, "warning") << ": "
               << (u.resource.empty() ? kube::ResourceOf(u.kind).ToString() : u.resource)
               << (u.ns.empty() ? "" : " in namespace " + u.ns)
               << " may not be read, the answer is without them: " << u.why << "\n";
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
