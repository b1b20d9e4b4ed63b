// The part of Run that disturbs: at the operator's writes, on the API server's thread, and what is done about
// it then.
#include "tests/fault/run.h"

namespace fairlead::fault {
namespace {

using apiserver::WriteFate;
using apiserver::WritePoint;

bool IsLease(const apiserver::RequestInfo& info) { return info.plural == "leases"; }

// A status that names proxies which have not answered: written because of the time that passed.
bool IsSlow(const apiserver::Request& request) {
  return request.body.find("; lagging: ") != std::string::npos ||
         request.body.find("; disconnected: ") != std::string::npos;
}

WritePoint PointOf(Fault fault) {
  return fault == Fault::kBefore || fault == Fault::kFailed ? WritePoint::kBefore : WritePoint::kStored;
}

// Each replica has its name as token.
std::string SenderOf(const apiserver::Request& request) {
  static const std::string kBearer = "Bearer ";
  const std::string header = request.Header("authorization");
  return header.starts_with(kBearer) ? header.substr(kBearer.size()) : "";
}

}  // namespace

WriteFate Run::OnWrite(WritePoint point, const apiserver::RequestInfo& info,
                       const apiserver::Request& request) {
  if (!request.Header("user-agent").starts_with(kOperator) || IsLease(info)) return WriteFate::kGoOn;
  const std::string who = SenderOf(request);
  if (point == WritePoint::kBefore) CheckLeader(info, who);
  const bool of_no_account = !workload_.access || info.plural == "events" || info.subresource == "status";
  if (point == WritePoint::kStored && !of_no_account) CheckAccess(info.verb + " " + info.path);
  {
    const std::lock_guard lock(mutex_);
    if (point == WritePoint::kStored && IsSlow(request)) ++slow_;
    if (plan_.fault == Fault::kNone || point != PointOf(plan_.fault) || ++count_ != plan_.write)
      return WriteFate::kGoOn;
  }
  switch (plan_.fault) {
    case Fault::kNone:
      return WriteFate::kGoOn;
    case Fault::kAfter:
    case Fault::kBefore:
      Named(who)->Strike();
      return WriteFate::kCut;
    case Fault::kLost:
    case Fault::kFailed:
      return WriteFate::kCut;
    case Fault::kPaused:
      Named(who)->Pause();
      return WriteFate::kGoOn;
  }
  return WriteFate::kGoOn;
}

void Run::CheckLeader(const apiserver::RequestInfo& info, const std::string& who) {
  if (workload_.replicas < 2) return;
  const std::string holder = cluster_->LeaseHolder();
  if (holder != who) Fail("\"" + who + "\" writes " + info.path + ", but \"" + holder + "\" leads");
}

void Run::CheckAccess(const std::string& after) {
  const std::string open = access_.Beyond(cluster_->server().store());
  if (!open.empty()) Fail("after " + after + " there is open:\n" + open);
}

Result<void> Run::Tend() {
  for (const auto& replica : replicas_) {
    if (replica->struck()) {
      if (Result<void> r = replica->Start(); !r) return r;
    } else if (replica->EndedByItself()) {
      return Unexpected(Error{ErrorClass::kFatal, replica->name() + " has ended, though nobody killed it"});
    }
    const std::string holder = cluster_->LeaseHolder();
    if (replica->paused() && !holder.empty() && holder != replica->name()) replica->Resume();
  }
  ConnectProxy();
  return {};
}

// One proxy, at the leader: the status counts the proxies of the process that writes it.
void Run::ConnectProxy() {
  Replica* leader = replicas_.size() == 1 ? replicas_.front().get() : Named(cluster_->LeaseHolder());
  if (leader == nullptr || leader->struck() || leader->paused()) return;
  if (leader == serving_ && leader->life() == serving_life_) return;
  serving_ = leader;
  serving_life_ = leader->life();
  if (proxy_) {
    proxy_ = proxy_->Successor(leader->xds_port());
    return;
  }
  testing::FakeEnvoy::Options options;
  options.port = leader->xds_port();
  options.id = "waypoint-0";
  options.cluster = "shop/waypoint";
  options.on_response = [this](const testing::FakeEnvoy::Received& received) { OnPush(received); };
  proxy_ = std::make_unique<testing::FakeEnvoy>(std::move(options));
}

void Run::OnPush(const testing::FakeEnvoy::Received& received) {
  for (const std::string& name : received.removed) {
    const std::string resource = xds::ResourceName{received.type, name}.ToString();
    bool kept = false;
    {
      const std::lock_guard lock(mutex_);
      kept = kept_.contains(resource);
    }
    if (kept) Fail("the proxy lost " + resource + ", which it has before and after the step");
  }
  for (const auto& [name, version] : received.resources) {
    const std::string resource = xds::ResourceName{received.type, name}.ToString();
    bool wanted = true;
    {
      const std::lock_guard lock(mutex_);
      const auto at = expected_.find(resource);
      wanted = expected_.empty() || (at != expected_.end() && at->second.contains(version));
    }
    if (!wanted) Fail("the proxy was sent " + resource + " as it is neither before nor after the step");
  }
  Ring();
}

}  // namespace fairlead::fault
