#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "crds/base/json.h"
#include "crds/base/parse.h"
#include "crds/base/yaml.h"
#include "operator/kube/json_stream.h"
#include "operator/kube/reflector.h"
#include "reconcilers/tenancy/lower.h"
#include "reconcilers/world.h"
#include "tests/bench/groups.h"
#include "tests/bench/rig.h"

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

kube::Resource RoleBindings() { return {"rbac.authorization.k8s.io", "v1", "rolebindings"}; }

// The RoleBinding of the first namespace of a workspace.
NamespacedName BindingOf(const StateSize& size, int workspace) {
  const int ns = workspace * (size.namespaces / size.workspaces);
  return {"team-" + std::to_string(ns), "fairlead-role-developers"};
}

// Which RoleBindings there are, as a watch tells; whoever asks the API server again and again takes from the
// operator what it measures. Await is for one thread.
class Bindings {
 public:
  explicit Bindings(Rig* rig)
      : reflector_(&rig->transport(), {.collection = kube::CollectionPath(RoleBindings(), "")},
                   std::make_unique<Stream>(this)) {
    reflector_.Start();
  }
  ~Bindings() { reflector_.Stop(); }

  // When the watch told that it is there, or gone; nullopt: not within two minutes.
  std::optional<Time> Await(const NamespacedName& name, bool there) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, std::chrono::minutes(2), [&] { return (there_.count(name) > 0) == there; });
    return came ? std::optional(last_) : std::nullopt;
  }

 private:
  class Stream final : public kube::NodeStream {
   public:
    explicit Stream(Bindings* to) : to_(to) {}

   private:
    void Forget() override {}
    void Keep(const JsonNode& object) override { Put(object); }
    void HandOver() override {}
    void Put(const JsonNode& object) override { to_->Note(ParseMeta(object).nn(), true); }
    void Drop(const JsonNode& last) override { to_->Note(ParseMeta(last).nn(), false); }
    Bindings* const to_;
  };

  void Note(const NamespacedName& name, bool there) {
    const std::lock_guard lock(mutex_);
    last_ = std::chrono::steady_clock::now();
    if (there) {
      there_.insert(name);
    } else {
      there_.erase(name);
    }
    changed_.notify_all();
  }

  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::set<NamespacedName> there_;
  Time last_;  // the newest event
  kube::Reflector reflector_;
};

// The same, from the reply to the user until the operator has written it to the API server.
Result<std::vector<double>> TimesOfObjects(Rig* rig, Bindings* bindings, int moves) {
  const StateSize& size = rig->size();
  std::vector<double> out;
  for (int i = 0; i < moves; ++i) {
    const int workspace = i / 2 % size.workspaces;
    const bool leaves = i % 2 == 0;
    const Result<std::vector<YamlDocument>> changed =
        ParseYaml(WorkspaceText(size, workspace, leaves ? 1 : 0));
    if (!changed) return Unexpected(changed.error());
    const kube::ObjectName name{kube::ResourceOf(Kind::kWorkspace), "",
                                "workspace-" + std::to_string(workspace)};
    const Result<kube::Written> written =
        rig->client().Apply(name, changed->front().json, {.manager = "bench"});
    if (!written) return Unexpected(written.error());
    const Time start = std::chrono::steady_clock::now();
    const std::optional<Time> moved = bindings->Await(BindingOf(size, workspace), !leaves);
    if (!moved) return Unexpected(Failure("no move of " + BindingOf(size, workspace).ToString(), rig));
    out.push_back(Duration(*moved - start).count());
    rig->AwaitQuiet();
  }
  return out;
}

Result<void> MeasureObjects(const BenchOptions& options, Table* table) {
  Result<std::unique_ptr<Rig>> rig = Rig::Start(options.programs, options.held);
  if (!rig) return Unexpected(rig.error());
  if (Result<void> r = (*rig)->StartOperator(); !r) return r;
  Bindings bindings(rig->get());
  for (int i = 0; i < options.held.workspaces; ++i) {
    if (!bindings.Await(BindingOf(options.held, i), true))
      return Unexpected(Failure("no objects of a workspace", rig->get()));
  }
  (*rig)->AwaitQuiet();
  const std::string state = std::to_string(options.held.workspaces) + " workspaces, " +
                            std::to_string(options.held.namespaces) + " namespaces";
  table->Add({.number = "resident memory of an operator that writes for " + state,
              .unit = "MB",
              .measured = FiguresOf((*rig)->controller().pid()).resident_mb});
  const Result<std::vector<double>> times =
      TimesOfObjects(rig->get(), &bindings, std::max(4, options.changes / 20));
  if (!times) return Unexpected(times.error());
  for (const auto& [q, name] : {std::pair(0.5, "p50"), std::pair(0.99, "p99")}) {
    table->Add({.number = std::string("… until its RoleBinding is made or gone at the API server, ") + name,
                .unit = "ms",
                .measured = Quantile(*times, q)});
  }
  return {};
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
  return MeasureObjects(options, table);
}

}  // namespace fairlead::bench
