#include "tests/integration/clusters/cluster_rig.h"

#include <sstream>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "reconcilers/failover/members.h"

namespace fairlead::testing {
namespace {

using reconcilers::failover::Member;

const ObjectKey kRatings{Kind::kService, "shop", "ratings"};

std::unique_ptr<kube::HttpTransport> TransportTo(const std::string& kubeconfig) {
  return *kube::MakeTransport(*kube::ParseKubeconfig({{"home", kubeconfig}}));
}

AnyObject Parsed(Kind kind, const std::string& json) {
  return ParseObject(kind, JsonDocument::Parse(json)->root()).object;
}

}  // namespace

ClusterRig::ClusterRig(const std::string& home, const kube::WatcherOptions& watches,
                       std::chrono::milliseconds stale_limit, std::chrono::milliseconds settle_limit)
    : transport_(TransportTo(home)),
      log_({.level = runtime::LogLevel::kDebug, .repeats = 1000},
           [this](const std::string& line) {
             const std::lock_guard lock(log_mutex_);
             lines_ += line + "\n";
           }),
      client_(transport_.get()),
      events_(&client_, "fairlead.dev/operator", "test"),
      world_(reconcilers::WorldOptions()) {
  world_.Apply(Parsed(Kind::kService, RatingsService()));
  world_.Drain();
  events_.Start();
  const auto known = [this](const std::string& cluster) {
    const std::lock_guard lock(mutex_);
    return reconcilers::KnownOf(world_.view().remotes, cluster);
  };
  copies_ = std::make_unique<clusters::CopyKeeper>(
      clusters::CopyOptions{"fairlead-system", "test"},
      clusters::CopyParts{transport_.get(), &fence_, known, &events_, &metrics_, &log_, &Clock::System()});
  registry_ = std::make_unique<clusters::Registry>(
      clusters::RegistryOptions{"fairlead-system", "home", stale_limit, settle_limit, watches},
      clusters::RegistryParts{transport_.get(), this, &events_, &metrics_, &log_, &Clock::System(),
                              copies_.get()});
  registry_->Start();
  fence_.Extend(Clock::TimePoint::max());
  copies_->Start();
  copies_->OnLeadership(true);
}

void ClusterRig::Die() { fence_.Close(); }

ClusterRig::~ClusterRig() {
  copies_->Stop();
  registry_->Stop();
  events_.Stop();
}

template <class F>
void ClusterRig::Change(F f) {
  const std::lock_guard lock(mutex_);
  f();
  world_.Drain();
  changed_.notify_all();
}

void ClusterRig::OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) {
  Change([&] { world_.ReplaceRemote(cluster, kind, objects); });
}
void ClusterRig::OnObject(const std::string& cluster, AnyObject object) {
  Change([&] { world_.ApplyRemote(cluster, object); });
}
void ClusterRig::OnObjectGone(const std::string& cluster, const ObjectKey& key) {
  Change([&] { world_.RemoveRemoteObject(cluster, key); });
}
void ClusterRig::OnKept(const std::string& cluster, std::vector<AnyObject> objects) {
  Change([&] { world_.KeepRemote(cluster, objects); });
}
void ClusterRig::OnState(const std::string& cluster, const reconcilers::RemoteStatus& status) {
  Change([&] { world_.SetRemoteState(cluster, status); });
}
void ClusterRig::OnGone(const std::string& cluster) {
  Change([&] { world_.RemoveRemote(cluster); });
}
void ClusterRig::OnSettled() {
  Change([&] { settled_ = MembersNow(); });
}
bool ClusterRig::AwaitSettled(const std::optional<std::vector<std::string>>& members) {
  return Await([&] { return settled_.has_value(); }) && (!members || settled_ == members);
}

// What the registry itself shows may change without a call of the sink: so a look now and then, too.
bool ClusterRig::Await(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::unique_lock lock(mutex_);
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    changed_.wait_for(lock, std::chrono::milliseconds(20));
  }
  return true;
}

bool ClusterRig::AwaitState(const std::string& cluster, const std::string& state) {
  return Await([&] {
    const auto shown = registry_->clusters();
    const auto at = shown.find(cluster);
    return (at == shown.end() ? "" : at->second.state) == state;
  });
}

bool ClusterRig::AwaitReason(const std::string& cluster, const std::string& part) {
  return Await([&] {
    const auto shown = registry_->clusters();
    const auto at = shown.find(cluster);
    return at != shown.end() && at->second.reason.find(part) != std::string::npos;
  });
}

bool ClusterRig::AwaitEvents(uint64_t written) {
  return Await([&] { return events_.written() >= written; });
}

bool ClusterRig::AwaitMembers(const std::vector<std::string>& members) {
  return Await([&] { return MembersNow() == members; });
}

bool ClusterRig::AwaitProblem(const std::string& part) {
  return Await([&] {
    const auto problems = registry_->problems();
    if (part.empty()) return problems.empty();
    for (const clusters::ClusterProblem& problem : problems) {
      if (problem.message.find(part) != std::string::npos) return true;
    }
    return false;
  });
}

std::vector<std::string> ClusterRig::MembersNow() const {
  std::vector<std::string> out;
  for (const Member& member : reconcilers::failover::MembersOf(world_.view(), {kRatings, 80}))
    out.push_back(member.address + " " + member.locality.cluster + (member.healthy ? "" : " ill"));
  return out;
}

std::vector<std::string> ClusterRig::Members() {
  const std::lock_guard lock(mutex_);
  return MembersNow();
}

uint64_t ClusterRig::Lowered() {
  const std::lock_guard lock(mutex_);
  return world_.counters().endpoints;
}

std::string ClusterRig::Log() {
  const std::lock_guard lock(log_mutex_);
  return lines_;
}

std::string RatingsService() {
  return R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"ratings","namespace":"shop",
    "labels":{"istio.io/global":"true"}},"spec":{"ports":[{"port":80,"protocol":"TCP"}]}})";
}

std::string RatingsSlice(const std::string& addresses) {
  std::string endpoints;
  std::istringstream list(addresses);
  for (std::string address; std::getline(list >> std::ws, address, ',');) {
    endpoints += (endpoints.empty() ? "" : ",") + std::string(R"({"addresses":[")") + address +
                 R"("],"conditions":{"ready":true}})";
  }
  return R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"ratings-1",
    "namespace":"shop","labels":{"kubernetes.io/service-name":"ratings"}},"addressType":"IPv4",
    "ports":[{"name":"","port":8080,"protocol":"TCP"}],"endpoints":[)" +
         endpoints + "]}";
}

std::string ClusterSecret(const std::string& name, const std::map<std::string, std::string>& clusters) {
  std::string data;
  for (const auto& [cluster, kubeconfig] : clusters)
    data += (data.empty() ? "\"" : ",\"") + cluster + "\":\"" + EncodeBase64(kubeconfig) + "\"";
  return R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name +
         R"(","namespace":"fairlead-system","labels":{"istio/multiCluster":"true"}},"data":{)" + data + "}}";
}

}  // namespace fairlead::testing
