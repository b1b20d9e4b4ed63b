#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/tenancy/lower.h"
#include "reconcilers/world.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

using reconcilers::Delta;
using reconcilers::World;

Result<std::vector<AnyObject>> Read(const std::string& yaml) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  if (!documents) return Unexpected(documents.error());
  std::vector<AnyObject> out;
  for (const YamlDocument& document : *documents) {
    const Result<JsonDocument> json = JsonDocument::Parse(document.json);
    const std::optional<Kind> kind = json ? KindOf(json->root()) : std::nullopt;
    if (!kind) return Unexpected(Failure("a document of the state cannot be read: " + document.json));
    out.push_back(ParseObject(*kind, json->root()).object);
  }
  return out;
}

// One namespace leaves a workspace or comes back, until everything that follows from it is known: services
// and policies lowered, the workspace's own objects made.
Result<std::vector<double>> TimesOfMoves(World* world, const StateSize& size, int moves) {
  std::vector<double> out;
  for (int i = 0; i < moves; ++i) {
    Result<std::vector<AnyObject>> changed =
        Read(WorkspaceText(size, i / 2 % size.workspaces, i % 2 == 0 ? 1 : 0));
    if (!changed) return Unexpected(changed.error());
    const Time start = std::chrono::steady_clock::now();
    world->Apply(changed->front());
    const Delta delta = world->Drain();
    for (const std::string& name : delta.workspaces) LowerWorkspace(world->view(), name);
    out.push_back(Duration(std::chrono::steady_clock::now() - start).count());
    if (delta.workspaces.empty()) return Unexpected(Failure("a move changed nothing"));
  }
  return out;
}

}  // namespace

Result<void> MeasureTenancy(const BenchOptions& options, Table* table) {
  const StateSize& size = options.tenancy;
  table->Begin("tenancy", std::to_string(size.workspaces) + " workspaces, " +
                              std::to_string(size.namespaces) + " namespaces, " +
                              std::to_string(size.policies) + " policies");
  World world{reconcilers::WorldOptions{.keep_rules = false}};
  for (const StateFile& file : MakeState(size)) {
    Result<std::vector<AnyObject>> objects = Read(file.text);
    if (!objects) return Unexpected(objects.error());
    for (const AnyObject& object : *objects) world.Apply(object);
  }
  const Time start = std::chrono::steady_clock::now();
  const Delta whole = world.Drain();
  const double seconds = Duration(std::chrono::steady_clock::now() - start).count() / 1000;
  if (whole.workspaces.size() != static_cast<size_t>(size.workspaces)) {
    return Unexpected(Failure("not every workspace was resolved"));
  }
  table->Add({.number = "full lowering", .unit = "s", .measured = seconds, .target = 1});
  const Result<std::vector<double>> moves = TimesOfMoves(&world, size, std::max(4, options.changes / 5));
  if (!moves) return Unexpected(moves.error());
  for (const auto& [q, name] : {std::pair(0.5, "p50"), std::pair(0.99, "p99")}) {
    table->Add(
        {.number =
             std::string("a namespace leaves or enters a workspace → all that follows is known, ") + name,
         .unit = "ms",
         .measured = Quantile(*moves, q),
         .target = 10});
  }
  return {};
}

}  // namespace fairlead::bench
