#include "reconcilers/world.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "reconcilers/status/status.h"
#include "reconcilers/tenancy/status.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

World::World(WorldOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
World::~World() = default;
World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;

namespace {

// Kinds whose status StatusOf tells.
constexpr std::array kWithStatus = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy};

bool HasStatus(Kind kind) {
  return std::find(kWithStatus.begin(), kWithStatus.end(), kind) != kWithStatus.end();
}

bool IsTenancy(Kind kind) { return kind == Kind::kWorkspace || kind == Kind::kWorkspaceSettings; }

// While there is one of which no version could be read, waypoints that are there are kept.
bool HoldsPlansUp(const Tables& tables, const ObjectKey& key) {
  return (IsTenancy(key.kind) || HasStatus(key.kind)) && tables.NeverRead(key.kind).contains(key.nn());
}

// Calls with a null pointer of the type that holds objects of the kind.
template <class F>
void WithType(Kind kind, F call) {
  switch (kind) {
    case Kind::kRetryTimeoutPolicy:
      return call(Ptr<api::RetryTimeoutPolicy>());
    case Kind::kFailoverPolicy:
      return call(Ptr<api::FailoverPolicy>());
    case Kind::kWorkspace:
      return call(Ptr<api::Workspace>());
    case Kind::kWorkspaceSettings:
      return call(Ptr<api::WorkspaceSettings>());
    case Kind::kDataPlane:
      return call(Ptr<api::DataPlane>());
    case Kind::kHTTPRoute:
      return call(Ptr<gateway::HTTPRoute>());
    case Kind::kGRPCRoute:
      return call(Ptr<gateway::GRPCRoute>());
    case Kind::kGateway:
      return call(Ptr<gateway::Gateway>());
    case Kind::kService:
      return call(Ptr<core::Service>());
    case Kind::kEndpointSlice:
      return call(Ptr<core::EndpointSlice>());
    case Kind::kPod:
      return call(Ptr<core::Pod>());
    case Kind::kNode:
      return call(Ptr<core::Node>());
    case Kind::kNamespace:
      return call(Ptr<core::Namespace>());
    case Kind::kServiceEntry:
      return call(Ptr<istio::ServiceEntry>());
    case Kind::kReferenceGrant:
      return call(Ptr<gateway::ReferenceGrant>());
  }
}

}  // namespace

void World::Apply(const AnyObject& object) {
  const ObjectKey key = KeyOf(object);
  WithType(key.kind, [&](auto old) {
    using T = std::remove_const_t<typename decltype(old)::element_type>;
    old = impl_->tables.Get<T>(key.nn());
    const bool held = HoldsPlansUp(impl_->tables, key);
    if (impl_->tables.Put(key, object) == Tables::Outcome::kSame) {
      // Its status may say that the leader has ended the drill.
      if (impl_->drilled.contains(key)) impl_->dirty_drills.insert(key);
      return;
    }
    const Ptr<T> now = impl_->tables.Get<T>(key.nn());
    if (held != HoldsPlansUp(impl_->tables, key)) impl_->MarkPlans();
    if (HasStatus(key.kind)) impl_->dirty_statuses.insert(key);
    if (IsTenancy(key.kind)) impl_->dirty_tenancy.insert(key);
    if (old != now) impl_->Changed(old, now, key);
  });
}

void World::Remove(const ObjectKey& key) {
  WithType(key.kind, [&](auto old) {
    using T = std::remove_const_t<typename decltype(old)::element_type>;
    old = impl_->tables.Get<T>(key.nn());
    const bool held = HoldsPlansUp(impl_->tables, key);
    if (!impl_->tables.Erase(key)) return;
    if (held) impl_->MarkPlans();
    impl_->dirty_statuses.erase(key);
    if (old != nullptr) impl_->Changed(old, Ptr<T>(), key);
  });
}

void World::Replace(Kind kind, const std::vector<AnyObject>& objects) {
  std::set<NamespacedName> listed;
  for (const AnyObject& object : objects) listed.insert(KeyOf(object).nn());
  for (const NamespacedName& name : impl_->tables.Names(kind)) {
    if (listed.count(name) == 0) Remove({kind, name.ns, name.name});
  }
  for (const AnyObject& object : objects) Apply(object);
}

void World::SetIstio(const IstioCapabilities& capabilities) {
  if (impl_->options.istio == capabilities) return;
  impl_->options.istio = capabilities;
  for (const auto& [key, row] : impl_->rows) impl_->dirty_rows.insert(key);
}

void World::ReportIstio(const ObjectKey& service, uint64_t epoch, IstioReport report) {
  const auto state = impl_->istio_states.find(service);
  if (state == impl_->istio_states.end() || state->second.epoch != epoch) return;
  if (impl_->rows.count(service) == 0) {  // gone, and so are its objects
    impl_->istio_states.erase(state);
    return;
  }
  if (state->second.report == report) return;
  state->second.report = std::move(report);
  impl_->MarkPoliciesOf(service);
}

void World::ReportTenancy(const std::string& workspace, uint64_t epoch, TenancyReport report) {
  const auto state = impl_->tenancy_states.find(workspace);
  if (state == impl_->tenancy_states.end() || state->second.epoch != epoch) return;
  if (impl_->tenancy.Find(workspace) == nullptr) {  // gone, and so are its objects
    impl_->tenancy_states.erase(state);
    return;
  }
  if (state->second.report == report) return;
  state->second.report = std::move(report);
  impl_->dirty_tenancy.insert({Kind::kWorkspace, "", workspace});
  impl_->MarkPlansOf(workspace);
}

Delta World::Drain() {
  Delta delta;
  while (DrainPart(SIZE_MAX, &delta)) continue;
  return delta;
}

bool World::DrainPart(size_t max_services, Delta* to) {
  Delta& delta = *to;
  impl_->ResolveTenancy();
  impl_->LowerServices(max_services, &delta);
  if (!impl_->dirty_services.empty()) return true;
  if (impl_->JudgeDrills()) return true;
  impl_->DrainPlans(&delta);
  impl_->DrainEndpoints(&delta);
  impl_->DrainWaypoints(&delta);
  impl_->Assess(&delta);
  return false;
}

const std::map<ObjectKey, Ptr<EffectiveService>>& World::services() const { return impl_->services; }
Ptr<EffectiveService> World::Lowered(const ObjectKey& service) const {
  const auto at = impl_->services.find(service);
  if (at == impl_->services.end()) return nullptr;
  return impl_->options.keep_rules ? at->second : LowerService(impl_->view, service).service;
}
const std::map<Destination, Ptr<EffectiveEndpoints>>& World::endpoints() const { return impl_->endpoints; }
const std::map<NamespacedName, Ptr<EffectiveWaypoint>>& World::waypoints() const { return impl_->waypoints; }

std::vector<ObjectKey> World::policies() const {
  std::vector<ObjectKey> keys;
  for (Kind kind : kWithStatus) {
    for (NamespacedName& name : impl_->tables.Names(kind)) {
      keys.push_back({kind, std::move(name.ns), std::move(name.name)});
    }
  }
  return keys;
}

std::optional<AnyObject> World::Find(const ObjectKey& key) const {
  const AnyObject* object = impl_->tables.Find(key);
  return object == nullptr ? std::nullopt : std::optional<AnyObject>(*object);
}

size_t World::InvalidCount(Kind kind) const { return impl_->tables.InvalidCount(kind); }

std::set<NamespacedName> World::WaypointsOf(const ObjectKey& policy) const {
  std::set<NamespacedName> names;
  for (const auto& [name, services] : impl_->book.At(policy).waypoints) names.insert(name);
  return names;
}

const std::set<ObjectKey>& World::PoliciesAt(const NamespacedName& waypoint) const {
  return impl_->book.PoliciesAt(waypoint);
}

std::vector<ObjectKey> World::TenancyObjects() const {
  std::vector<ObjectKey> keys;
  for (const Kind kind : {Kind::kWorkspace, Kind::kWorkspaceSettings}) {
    for (NamespacedName& name : impl_->tables.Names(kind)) {
      keys.push_back({kind, std::move(name.ns), std::move(name.name)});
    }
  }
  return keys;
}

uint64_t World::TenancyEpoch(const std::string& workspace) const {
  const auto state = impl_->tenancy_states.find(workspace);
  return state == impl_->tenancy_states.end() ? 0 : state->second.epoch;
}

bool World::AwaitsTenancy(const ObjectKey& workspace) const {
  const auto state = impl_->tenancy_states.find(workspace.name);
  return workspace.kind == Kind::kWorkspace && state != impl_->tenancy_states.end() && !state->second.report;
}

std::optional<api::ObjectStatus> World::ObjectStatusOf(const ObjectKey& key,
                                                       const api::ProxyCounts& proxies) const {
  if (impl_->tables.Find(key) == nullptr) return std::nullopt;
  if (HasStatus(key.kind)) return StatusOf(key, proxies);
  const auto invalid = impl_->tables.InvalidOf(key);
  if (key.kind == Kind::kWorkspaceSettings) return SettingsStatus(impl_->view, key.nn(), invalid.get());
  if (key.kind != Kind::kWorkspace) return std::nullopt;
  const auto state = impl_->tenancy_states.find(key.name);
  const bool reported = state != impl_->tenancy_states.end() && state->second.report;
  return StatusFrom(WorkspaceStatusInput{.view = impl_->view,
                                         .workspace = impl_->tenancy.Find(key.name).get(),
                                         .invalid = invalid.get(),
                                         .written = impl_->options.tenancy_reported,
                                         .report = reported ? &*state->second.report : nullptr});
}

uint64_t World::IstioEpoch(const ObjectKey& service) const {
  const auto state = impl_->istio_states.find(service);
  return state == impl_->istio_states.end() ? 0 : state->second.epoch;
}

const Tenancy& World::tenancy() const { return impl_->tenancy; }
Ptr<ResolvedWorkspace> World::WorkspaceOf(const std::string& name) const { return impl_->tenancy.Find(name); }

const View& World::view() const { return impl_->view; }
const PolicyPage& World::PageOf(const ObjectKey& policy) const { return impl_->book.At(policy); }
const WorldCounters& World::counters() const { return impl_->counters; }

}  // namespace fairlead::reconcilers
