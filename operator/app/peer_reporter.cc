#include "operator/app/peer_reporter.h"

#include <chrono>
#include <utility>

namespace fairlead::app {
namespace {

constexpr std::chrono::seconds kRetry{1};  // after a link broke

}  // namespace

std::string LeaseIdentity(const std::string& identity, const std::string& peer_address) {
  return peer_address.empty() ? identity : identity + "@" + peer_address;
}

std::string PeerAddressIn(const std::string& lease_identity) {
  const size_t at = lease_identity.rfind('@');
  return at == std::string::npos ? "" : lease_identity.substr(at + 1);
}

PeerReporter::PeerReporter(Engine* engine, const xds::Catalog* catalog, xds::PeerLinkOptions tls,
                           runtime::Log* log)
    : engine_(engine), catalog_(catalog), tls_(std::move(tls)), log_(log) {}

PeerReporter::~PeerReporter() { Stop(); }

void PeerReporter::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void PeerReporter::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PeerReporter::SetLeader(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (leader_ == address) return;
  leader_ = address;
  wake_.notify_all();
}

void PeerReporter::Touch(const std::set<ObjectKey>& objects) {
  const std::lock_guard lock(mutex_);
  if (leader_.empty()) return;  // whoever leads next is told everything
  pending_.objects.insert(objects.begin(), objects.end());
  wake_.notify_all();
}

void PeerReporter::TouchProxies(const xds::Audience& audience) {
  const std::lock_guard lock(mutex_);
  if (leader_.empty()) return;
  pending_.audiences.insert(audience);
  wake_.notify_all();
}

void PeerReporter::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string leader;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] {
        return leader_ != connected_to_ || std::exchange(signalled_, false) ||
               (link_ && !pending_.empty() && link_->CanSend());
      });
      leader = leader_;
    }
    if (stop.stop_requested()) break;
    if (leader != connected_to_) {
      Reconnect(leader);
    } else if (link_ && link_->ended()) {
      log_->Warn("the leader takes no reports", {{"leader", connected_to_}, {"reason", link_->why()}});
      link_.reset();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kRetry, [&] { return leader_ != leader; });
      connected_to_.clear();  // again
    } else if (link_ && link_->CanSend()) {
      SendNext();
    }
  }
  link_.reset();
}

void PeerReporter::Reconnect(const std::string& leader) {
  link_.reset();
  connected_to_ = leader;
  {
    const std::lock_guard lock(mutex_);
    pending_ = {.whole = !leader.empty(), .objects = {}, .audiences = {}};
    signalled_ = false;
  }
  if (leader.empty()) return;
  xds::PeerLinkOptions options = tls_;
  options.address = leader;
  link_ = std::make_unique<xds::PeerLink>(options, [this] {
    const std::lock_guard lock(mutex_);
    signalled_ = true;
    wake_.notify_all();
  });
}

void PeerReporter::SendNext() {
  Pending now;
  {
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) return;
    now = std::exchange(pending_, {});
  }
  if (now.whole) {
    for (const ObjectKey& key :
         engine_->Read([](const reconcilers::World& world) { return world.policies(); })) {
      now.objects.insert(key);
    }
  }
  Pending rest;
  while (now.objects.size() > xds::PeerReport::kMaxObjects) {
    rest.objects.insert(now.objects.extract(std::prev(now.objects.end())));
  }
  link_->Send(xds::PeerReportJson(Make(std::move(now))));
  const std::lock_guard lock(mutex_);
  pending_.objects.merge(rest.objects);
}

xds::PeerReport PeerReporter::Make(Pending what) const {
  xds::PeerReport report;
  report.whole = what.whole;
  std::map<xds::Audience, std::set<std::string>> connected = catalog_->Connected();
  for (const xds::Audience& audience : what.audiences) report.proxies[audience] = connected[audience];
  if (what.whole) report.proxies = std::move(connected);
  engine_->Read([&](const reconcilers::World& world) {
    for (const ObjectKey& key : what.objects) {
      const std::optional<AnyObject> object = world.Find(key);
      const int64_t generation = object ? MetaOf(*object).generation : 0;
      report.objects.push_back(catalog_->ReportOf(key, generation, world.WaypointsOf(key)));
    }
  });
  return report;
}

}  // namespace fairlead::app
