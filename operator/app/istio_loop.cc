#include "operator/app/istio_loop.h"

#include <algorithm>
#include <utility>

#include "operator/kube/discovery.h"
#include "operator/kube/json_stream.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/plan.h"

namespace fairlead::app {
namespace {

using Type = IstioObjects::Type;
using reconcilers::IstioReport;
using reconcilers::PlannedWrite;

constexpr const char kManager[] = "fairlead/istio";
constexpr const char kCapabilities[] = "capabilities";  // a key of the queue; no service's key looks like it
constexpr int kWorkers = 2;

const kube::Resource kResources[] = {{"networking.istio.io", "v1", "virtualservices"},
                                     {"networking.istio.io", "v1", "destinationrules"}};

Type TypeOf(const Json::Value& object) {
  return object["kind"] == "VirtualService" ? Type::kVirtualService : Type::kDestinationRule;
}

kube::ObjectName NameOf(const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  return {kResources[static_cast<size_t>(TypeOf(object))], meta["namespace"].asString(),
          meta["name"].asString()};
}

class Stream final : public kube::JsonStream {
 public:
  Stream(Type type, IstioObjects* objects, std::function<void()> listed)
      : type_(type), objects_(objects), listed_(std::move(listed)) {}

 private:
  void Replace(std::vector<Json::Value> objects) override {
    objects_->Replace(type_, std::move(objects));
    listed_();
  }
  void Upsert(Json::Value object) override { objects_->Upsert(type_, std::move(object)); }
  void Delete(Json::Value last) override { objects_->Delete(type_, last); }

  const Type type_;
  IstioObjects* const objects_;
  const std::function<void()> listed_;
};

std::string QueueKey(const ObjectKey& key) {
  return std::string(key.kind == Kind::kService ? "Service/" : "ServiceEntry/") + key.ns + "/" + key.name;
}

ObjectKey FromQueueKey(const std::string& text) {
  const size_t first = text.find('/');
  const size_t second = text.find('/', first + 1);
  return {text.starts_with("Service/") ? Kind::kService : Kind::kServiceEntry,
          text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

bool SaysFailover(const Json::Value& rule) {
  const Json::Value& policy = rule["spec"]["trafficPolicy"];
  return policy.isMember("outlierDetection") || policy.isMember("portLevelSettings");
}

// Tells why the object is not there to the policies that it is for.
void Blame(const Json::Value& object, const std::string& why, IstioReport* report) {
  const bool rule = TypeOf(object) == Type::kDestinationRule && object.isMember("spec");
  if (!rule || object["spec"]["trafficPolicy"].isMember("retryBudget")) report->problem = why;
  if (rule && SaysFailover(object)) report->failover_problem = why;
}

// Of the live object under the name, "" where it is not there.
std::string LiveVersion(const std::vector<Json::Value>& live, const Json::Value& object) {
  for (const Json::Value& candidate : live) {
    if (NameOf(candidate) == NameOf(object)) return VersionOf(candidate);
  }
  return "";
}

}  // namespace

IstioLoop::IstioLoop(Engine* engine, kube::HttpTransport* transport, kube::Client* client,
                     const runtime::Fence* fence, runtime::Readiness* readiness, runtime::Log* log,
                     const std::string& cluster_domain, const std::string& cluster_name, const Clock* clock)
    : engine_(engine),
      client_(client),
      fence_(fence),
      log_(log),
      cluster_name_(cluster_name),
      writer_(client, kManager),
      queue_({}, clock),
      objects_(cluster_domain, cluster_name,
               [this](const std::set<ObjectKey>& services) { Enqueue(services); }),
      capabilities_pending_(readiness->Wait("facts of the installed Istio")) {
  for (const Type type : {Type::kVirtualService, Type::kDestinationRule}) {
    kube::WatchTarget target;
    target.collection = kube::CollectionPath(kResources[static_cast<size_t>(type)], "");
    reflectors_.push_back(std::make_unique<kube::Reflector>(
        transport, std::move(target), std::make_unique<Stream>(type, &objects_, [this] { EnqueueAll(); }),
        kube::WatcherOptions{}, clock));
  }
}

IstioLoop::~IstioLoop() { Stop(); }

void IstioLoop::Start() {
  for (const auto& reflector : reflectors_) reflector->Start();
  queue_.Add(kCapabilities);
  for (int i = 0; i < kWorkers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
}

void IstioLoop::Stop() {
  for (const auto& reflector : reflectors_) reflector->Stop();
  queue_.ShutDown();
  workers_.clear();  // asks them to stop, and waits
}

void IstioLoop::OnPublished(const std::set<ObjectKey>& services) {
  Enqueue(services);
  if (!std::exchange(published_, true)) Enqueue(objects_.Owners());
}

void IstioLoop::Enqueue(const std::set<ObjectKey>& services) {
  if (!fence_->Leading()) return;
  for (const ObjectKey& service : services) queue_.Add(QueueKey(service));
}

void IstioLoop::EnqueueAll() {
  if (!fence_->Leading() || !objects_.synced() || !engine_->ready()) return;
  std::set<ObjectKey> services = objects_.Owners();
  engine_->Read([&](const reconcilers::World& world) {
    for (const auto& [key, service] : world.services()) services.insert(key);
  });
  Enqueue(services);
}

void IstioLoop::OnCrd(const std::string& name) {
  if (name == kube::ResourceOf(Kind::kHTTPRoute).ToString()) queue_.Add(kCapabilities);
  for (size_t i = 0; i < reflectors_.size(); ++i) {
    if (kResources[i].ToString() != name) continue;
    reflectors_[i]->Wake();
    queue_.Add(kCapabilities);
  }
}

void IstioLoop::Work(std::stop_token stop) {
  while (const std::optional<std::string> key = queue_.Take(stop)) {
    runtime::Outcome outcome = runtime::Outcome::Ok();
    if (*key == kCapabilities) {
      outcome = ReadCapabilities(stop);
    } else if (fence_->Leading()) {
      outcome = Process(FromQueueKey(*key));
    }
    queue_.Done(*key, outcome);
  }
}

runtime::Outcome IstioLoop::ReadCapabilities(std::stop_token stop) {
  reconcilers::IstioCapabilities found;
  const auto services =
      kube::ReadCrdFields(*client_, kResources[0], {"spec", "spec.http[].retries.backoff"}, stop);
  const auto rules =
      kube::ReadCrdFields(*client_, kResources[1], {"spec", "spec.trafficPolicy.retryBudget"}, stop);
  const auto routes =
      kube::ReadCrdFields(*client_, kube::ResourceOf(Kind::kHTTPRoute), {"spec", "spec.rules[].retry"}, stop);
  for (const auto* fields : {&services, &rules}) {
    if (*fields || fields->error().error_class == ErrorClass::kNotFound) continue;
    log_->Warn("CRDs of Istio not read", {{"error", fields->error().message}});
    return runtime::Outcome::Retry();
  }
  found.installed = services && rules && (*services)[0] && (*rules)[0];
  found.retry_backoff = services && (*services)[1];
  found.retry_budget = rules && (*rules)[1];
  if (!routes && routes.error().error_class == ErrorClass::kTransient) return runtime::Outcome::Retry();
  if (routes && (*routes)[0]) found.route_retry = (*routes)[1];
  log_->Info("read what the installed Istio can carry", {{"installed", found.installed},
                                                         {"retryBackoff", found.retry_backoff},
                                                         {"retryBudget", found.retry_budget}});
  engine_->Push(Engine::IstioFacts{found});
  capabilities_pending_.Done();
  return runtime::Outcome::Ok();
}

// What stands in the way of the wished objects; those that would be in doubt are taken out of the wish.
IstioReport IstioLoop::Yield(Wish* wish) const {
  IstioReport report;
  std::vector<Json::Value> kept;
  for (Json::Value& object : wish->objects) {
    const bool routes = TypeOf(object) == Type::kVirtualService;
    const std::string host = (routes ? object["spec"]["hosts"][0] : object["spec"]["host"]).asString();
    const std::vector<std::string> others = objects_.OthersFor(TypeOf(object), host, wish->uid);
    const Json::Value& policy = std::as_const(object)["spec"]["trafficPolicy"];  // adds no member
    const bool budget = !routes && policy.isMember("retryBudget");
    const std::string also = Joined(others) + " is for the host " + host + " too";
    if (others.empty()) {
      if (budget && policy.isMember("portLevelSettings")) {
        report.limits.push_back(
            "spec.retries.budget is not carried at ports with a FailoverPolicy of their own: settings of a "
            "port in a "
            "DestinationRule have no budget");
      }
      kept.push_back(std::move(object));
    } else if (routes) {
      report.problem =
          also + ", and istiod takes one of them only: remove the host there, and say it by policies";
    } else {
      if (budget) {
        report.limits.push_back("spec.retries.budget is not carried: " + also +
                                "; set trafficPolicy.retryBudget there");
      }
      if (SaysFailover(object)) {
        report.failover_problem =
            also +
            ", and istiod takes one of them only: say failover there (outlierDetection and "
            "loadBalancer.localityLbSetting of trafficPolicy), or remove it";
      }
    }
  }
  wish->objects = std::move(kept);
  if (report.problem.empty()) return report;
  // Without the routes there is nothing that a budget would be for.
  std::erase_if(wish->objects, [](Json::Value& object) {
    if (TypeOf(object) == Type::kVirtualService || !SaysFailover(object)) return true;
    object["spec"]["trafficPolicy"].removeMember("retryBudget");
    return false;
  });
  return report;
}

// What the operator of another cluster wrote, and somebody copied here, is neither changed nor deleted.
void IstioLoop::LeaveOtherClusters(Wish* wish, std::vector<Json::Value>* live, IstioReport* report) const {
  std::erase_if(*live, [&](const Json::Value& object) {
    const std::string cluster = reconcilers::istiod::OtherClusterOf(object, cluster_name_, wish->uid);
    if (cluster.empty()) return false;
    std::erase_if(wish->objects, [&](const Json::Value& desired) {
      if (NameOf(desired) != NameOf(object)) return false;
      const NamespacedName name{NameOf(object).ns, NameOf(object).name};
      Blame(desired,
            object["kind"].asString() + " " + name.ToString() + " was written by Fairlead in cluster " +
                cluster + ": it is left as it is",
            report);
      return true;
    });
    return true;
  });
}

runtime::Outcome IstioLoop::Process(const ObjectKey& service) {
  // Half a state is no state: nothing is deleted for what was not listed yet. Both bring everything back.
  if (!objects_.synced() || !engine_->ready()) return runtime::Outcome::Ok();
  Wish wish = engine_->Read([&](const reconcilers::World& world) {
    const ObjectMeta* meta = world.view().tables.MetaOf(service);
    return Wish{reconcilers::istiod::LowerToIstio(world, service), world.IstioEpoch(service),
                meta == nullptr ? "" : meta->uid};
  });
  IstioReport report = Yield(&wish);
  std::vector<Json::Value> live = objects_.LiveFor(service, wish.objects);
  LeaveOtherClusters(&wish, &live, &report);
  const reconcilers::Plan plan = reconcilers::MakePlan(wish.objects, live);
  for (const Json::Value& object : wish.objects) {
    const std::string refusal = reconcilers::Refusal(object);
    if (std::count(plan.refused.begin(), plan.refused.end(), refusal) > 0) Blame(object, refusal, &report);
  }
  runtime::Outcome outcome = plan.refused.empty() ? runtime::Outcome::Ok() : runtime::Outcome::After(kTaken);
  for (const PlannedWrite& write : plan.writes) {
    const Result<void> done = Carry(write, live);
    if (done) {
      ++writes_;
      log_->Info("written for istiod", {{"write", write.ToString()}});
      continue;
    }
    log_->Warn("not written for istiod", {{"write", write.ToString()}, {"error", done.error().message}});
    outcome = runtime::Outcome::Of(done);
    const ErrorClass error = done.error().error_class;
    if (error != ErrorClass::kInvalid && error != ErrorClass::kForbidden) return outcome;
    Blame(write.object, write.ToString() + ": " + done.error().message, &report);
  }
  engine_->Push(Engine::IstioResult{service, wish.epoch, std::move(report)});
  return outcome;
}

Result<void> IstioLoop::Carry(const PlannedWrite& write, const std::vector<Json::Value>& live) {
  const Type type = TypeOf(write.object);
  const kube::Resource& resource = kResources[static_cast<size_t>(type)];
  if (write.verb == PlannedWrite::Verb::kDelete) {
    const Result<void> deleted = writer_.Delete(resource, write.object);
    if (deleted) objects_.Delete(type, write.object);
    return deleted;
  }
  Result<Json::Value> now = writer_.Write(resource, write, LiveVersion(live, write.object));
  if (!now) return Unexpected(now.error());
  objects_.Upsert(type, *std::move(now));
  return {};
}

}  // namespace fairlead::app
