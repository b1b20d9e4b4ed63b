#include "operator/app/waypoint_loop.h"

#include <algorithm>
#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/plan.h"
#include "reconcilers/waypoints/gateway.h"

namespace fairlead::app {
namespace {

using reconcilers::kOwnWaypoint;
using reconcilers::PlannedWrite;

const kube::Resource kRules = {"security.istio.io", "v1", "authorizationpolicies"};

// After a write it is looked at again: what somebody undid before a watch told of it is no change to World.
constexpr std::chrono::seconds kLookAgain{1};

ObjectKey GatewayIn(const std::string& ns) { return {Kind::kGateway, ns, kOwnWaypoint}; }

// Whether it has the object for its target.
bool IsFor(const JsonNode& policy, const ObjectKey& service) {
  const auto spec = policy.Find("spec");
  const auto refs = spec ? spec->Find("targetRefs") : std::nullopt;
  if (!refs) return false;
  for (const JsonNode ref : refs->Items()) {
    if (ref.StringAt("kind") == ToString(service.kind) && ref.StringAt("name") == service.name) return true;
  }
  return false;
}

bool IsOurs(const JsonNode& object) {
  return object.FindPath({"metadata", "labels"}).has_value() &&
         object.FindPath({"metadata", "labels"})->StringAt(reconcilers::kManagedByLabel) ==
             reconcilers::kManagedByFairlead;
}

}  // namespace

WaypointLoop::WaypointLoop(Engine* engine, kube::Client* client, runtime::EventRecorder* events,
                           const runtime::Fence* fence, WaypointMetrics* metrics, runtime::Log* log,
                           const Clock* clock)
    : engine_(engine),
      client_(client),
      events_(events),
      fence_(fence),
      metrics_(metrics),
      log_(log),
      writer_(client, std::string(kWaypointManager)),
      queue_({}, clock) {}

WaypointLoop::~WaypointLoop() { Stop(); }

void WaypointLoop::Start() {
  worker_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
}

void WaypointLoop::Stop() {
  queue_.ShutDown();
  worker_ = {};  // asks it to stop, and waits
}

void WaypointLoop::OnPublished(const std::set<std::string>& namespaces) {
  if (!fence_->Leading()) return;
  for (const std::string& ns : namespaces) queue_.Add(ns);
}

void WaypointLoop::EnqueueAll() {
  if (!fence_->Leading() || !engine_->ready()) return;  // the first publication brings them all
  engine_->Read([&](const reconcilers::World& world) {
    for (const auto& [ns, plan] : world.view().waypoint_plans.by_namespace) queue_.Add(ns);
  });
}

void WaypointLoop::Work(const std::stop_token& stop) {
  while (const std::optional<std::string> ns = queue_.Take(stop))
    queue_.Done(*ns, fence_->Leading() ? Process(*ns) : runtime::Outcome::Ok());
}

runtime::Outcome WaypointLoop::Process(const std::string& ns) {
  const WaypointRound round =
      engine_->Read([&](const reconcilers::World& world) { return ReadWaypointRound(world, ns); });
  const Result<bool> settled = round.membership.IsTrue(client_);
  if (!settled || !*settled) return runtime::Outcome::Retry();  // a watch is about to tell otherwise
  Pass pass;
  for (const WaypointRound::Label& label : round.leaving) Leave(label, &pass);
  if (round.gateway) WriteGateway(round, &pass);
  for (const WaypointRound::Label& label : round.coming) Come(label, &pass);
  if (round.deletion) DeleteGateway(round, &pass);
  engine_->Push(Engine::WaypointResult{ns, std::move(pass.problems)});
  const bool well = pass.outcome.type == runtime::Outcome::Type::kOk;
  return pass.wrote && well ? runtime::Outcome::After(kLookAgain) : pass.outcome;
}

void WaypointLoop::Fail(const ObjectKey& object, const std::string& what, const Error& error, Pass* pass) {
  log_->Warn("not written for a waypoint",
             {{"object", object.ToString()}, {"write", what}, {"error", error.message}});
  switch (error.error_class) {
    case ErrorClass::kNotFound:  // it is gone, which a watch is about to tell; or the kind is not installed
    case ErrorClass::kConflict:
    case ErrorClass::kInvalid:
    case ErrorClass::kForbidden:
      metrics_->refused.Add();
      pass->problems[object] = what + ": " + error.message;
      if (pass->outcome.type != runtime::Outcome::Type::kRetry)
        pass->outcome = runtime::Outcome::After(kTaken);
      return;
    default:
      metrics_->failed.Add();
      pass->outcome = runtime::Outcome::Retry();
  }
}

Result<void> WaypointLoop::Apply(const WaypointRound::Label& label) {
  const kube::ObjectName name{kube::ResourceOf(label.service.kind), label.service.ns, label.service.name};
  const Result<kube::Written> written =
      client_->Apply(name, WriteJson(reconcilers::UseWaypoint(label.service, label.uid, label.to)),
                     {.manager = std::string(kWaypointManager), .force = false});
  if (!written) return Unexpected(written.error());
  return {};
}

// Before the write that it tells of: whoever takes over after a crash in between says it again, under the
// same name.
void WaypointLoop::Tell(const WaypointRound::Label& label, const std::string& reason, const std::string& note,
                        bool warning) {
  if (label.told) return;
  const KindInfo& kind = InfoOf(label.service.kind);
  const std::string version =
      (kind.group.empty() ? "" : std::string(kind.group) + "/") + std::string(kind.version);
  events_->RecordNow({{version, std::string(kind.name), label.service.ns, label.service.name, label.uid},
                      reason,
                      "MoveToWaypoint",
                      note,
                      warning});
}

void WaypointLoop::Come(const WaypointRound::Label& label, Pass* pass) {
  const std::string what =
      "apply the label " + std::string(reconcilers::kUseWaypoint) + ": " + label.to->name;
  Tell(label, "MovesToWaypoint", "Gateway " + label.to->ToString() + " is to serve it, for " + label.why,
       false);
  const Result<void> done = Apply(label);
  if (!done) {
    Fail(label.service, what, done.error(), pass);
    if (pass->problems.contains(label.service))
      Tell(label, "WaypointRefused", pass->problems.at(label.service), true);
    return;
  }
  pass->wrote = true;
  metrics_->labelled.Add();
  log_->Info("moved to a waypoint",
             {{"object", label.service.ToString()}, {"gateway", label.to->ToString()}, {"for", label.why}});
}

void WaypointLoop::Leave(const WaypointRound::Label& label, Pass* pass) {
  const std::string what = "take away the label " + std::string(reconcilers::kUseWaypoint);
  if (!label.urgent) {
    const Result<std::string> rule = RuleFor(label.service);
    if (!rule) return Fail(label.service, what, rule.error(), pass);
    if (!rule->empty()) {
      pass->problems[label.service] = "AuthorizationPolicy " + *rule +
                                      " is for it, and is enforced at a waypoint only: it stays at its "
                                      "waypoint until that policy goes, or a label of yours says otherwise";
      metrics_->refused.Add();
      if (pass->outcome.type != runtime::Outcome::Type::kRetry)
        pass->outcome = runtime::Outcome::After(kTaken);
      return Tell(label, "WaypointKept", pass->problems.at(label.service), true);
    }
  }
  Tell(label, "LeavesWaypoint", "it passes the waypoint of its workspace no longer: " + label.why, false);
  const Result<void> done = Apply(label);
  if (!done) {
    // Gone, with its label.
    if (done.error().error_class != ErrorClass::kNotFound) Fail(label.service, what, done.error(), pass);
    return;
  }
  pass->wrote = true;
  metrics_->unlabelled.Add();
  log_->Info("left its waypoint", {{"object", label.service.ToString()}, {"why", label.why}});
}

Result<std::string> WaypointLoop::RuleFor(const ObjectKey& service) const {
  const Result<std::string> listed = client_->GetJson(kube::CollectionPath(kRules, service.ns));
  if (!listed && listed.error().error_class == ErrorClass::kNotFound) return std::string();
  if (!listed) return Unexpected(listed.error());
  const Result<JsonDocument> document = JsonDocument::Parse(*listed, 64u << 20);
  if (!document) return Unexpected(document.error());
  const auto items = document->root().Find("items");
  if (!items) return std::string();
  for (const JsonNode policy : items->Items()) {
    if (!IsOurs(policy) && IsFor(policy, service))
      return service.ns + "/" + std::string(policy.FindPath({"metadata"})->StringAt("name"));
  }
  return std::string();
}

void WaypointLoop::WriteGateway(const WaypointRound& round, Pass* pass) {
  const std::string ns = (*round.gateway)["metadata"]["namespace"].asString();
  const bool there = !round.version.empty();
  const PlannedWrite write{there ? PlannedWrite::Verb::kApply : PlannedWrite::Verb::kCreate, *round.gateway};
  const Result<Json::Value> now = writer_.Write(kube::ResourceOf(Kind::kGateway), write, round.version);
  if (!now && now.error().error_class == ErrorClass::kConflict) {  // another is there by now
    pass->outcome = runtime::Outcome::Retry();
    return;
  }
  if (!now) return Fail(GatewayIn(ns), write.ToString(), now.error(), pass);
  pass->wrote = true;
  metrics_->written.Add();
  log_->Info("waypoint written", {{"write", write.ToString()}});
}

Result<bool> WaypointLoop::IsNamed(const NamespacedName& gateway) const {
  const Result<AnyObject> ns = client_->Get(Kind::kNamespace, {"", gateway.ns});
  if (!ns && ns.error().error_class != ErrorClass::kNotFound) return Unexpected(ns.error());
  if (ns && MetaOf(*ns).labels.Get(reconcilers::kUseWaypoint) == gateway.name) return true;
  const std::string selector = std::string(reconcilers::kUseWaypoint) + "=" + gateway.name;
  for (const Kind kind : {Kind::kService, Kind::kServiceEntry}) {
    const Result<std::vector<AnyObject>> named = client_->List(kind, gateway.ns, selector);
    if (!named && named.error().error_class == ErrorClass::kNotFound) continue;  // not installed
    if (!named) return Unexpected(named.error());
    if (!named->empty()) return true;
  }
  return false;
}

void WaypointLoop::DeleteGateway(const WaypointRound& round, Pass* pass) {
  const Json::Value& meta = (*round.deletion)["metadata"];
  const ObjectKey key = GatewayIn(meta["namespace"].asString());
  const std::string what = "delete Gateway " + key.nn().ToString();
  const Result<bool> named = IsNamed(key.nn());
  if (!named) return Fail(key, what, named.error(), pass);
  if (*named) {  // a watch is about to tell
    pass->outcome = runtime::Outcome::Retry();
    return;
  }
  const Result<void> done = writer_.Delete(kube::ResourceOf(Kind::kGateway), *round.deletion);
  if (!done && done.error().error_class == ErrorClass::kConflict) {  // it has changed
    pass->outcome = runtime::Outcome::Retry();
    return;
  }
  if (!done) return Fail(key, what, done.error(), pass);
  pass->wrote = true;
  metrics_->deleted.Add();
  log_->Info("waypoint deleted", {{"gateway", key.nn().ToString()}});
}

}  // namespace fairlead::app
