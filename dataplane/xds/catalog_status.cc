// How far the proxies are.
#include <algorithm>

#include "dataplane/xds/catalog_impl.h"

namespace fairlead::xds {
namespace {

// "waypoint~10.0.0.7~shop-waypoint-7d4f.shop~shop.svc.cluster.local" → "shop-waypoint-7d4f.shop"; else empty.
std::string_view PodInId(std::string_view id) {
  const size_t first = id.find('~');
  if (first == std::string_view::npos) return {};
  const size_t second = id.find('~', first + 1);
  if (second == std::string_view::npos) return {};
  const size_t third = id.find('~', second + 1);
  if (third == std::string_view::npos) return {};
  return id.substr(second + 1, third - second - 1);
}

void SortAndBound(std::vector<std::string>* names) {
  std::sort(names->begin(), names->end());
  if (names->size() > api::ProxyCounts::kMaxNamed) names->resize(api::ProxyCounts::kMaxNamed);
}

}  // namespace

bool IsProxyOf(std::string_view id, const std::string& pod, const std::string& ns) {
  return id == pod || PodInId(id) == pod + "." + ns;
}

const std::vector<Slot>& PlaceState::CarriersOf(const ObjectKey& policy) const {
  static const std::vector<Slot> kNone;
  const auto it = carriers.find(policy);
  return it == carriers.end() ? kNone : it->second;
}

Catalog::Impl::Progress Catalog::Impl::ProgressOf(const AudienceState& audience, const StreamImpl& stream,
                                                  const ObjectKey& object, std::string* why) const {
  if (!ready || !audience.served || stream.retired()) return Progress::kLagging;
  bool all = true;
  const ResourceName* rejected = nullptr;
  for (const Slot slot : stream.state().CarriersOf(object)) {
    if (stream.state().shelf.NameOf(slot).type == Type::kRuntime) continue;  // see Drills
    const Standing standing = stream.session().StandingOf(slot);
    if (standing == Standing::kAcknowledged) continue;
    all = false;
    const std::optional<Slot> culprit =
        standing == Standing::kRejected ? slot : stream.session().RejectedNeedOf(slot);
    if (!culprit) continue;
    const ResourceName& name = stream.state().shelf.NameOf(*culprit);
    if (rejected && *rejected < name) continue;
    rejected = &name;
    *why = name.ToString() + ": " + stream.session().RejectionOf(*culprit);
  }
  if (rejected) return Progress::kRejected;
  return all ? Progress::kProgrammed : Progress::kLagging;
}

bool Catalog::Impl::Drills(const StreamImpl& stream, const ObjectKey& policy) {
  const std::vector<Slot>& slots = stream.state().CarriersOf(policy);
  return std::any_of(slots.begin(), slots.end(), [&](Slot slot) {
    return stream.state().shelf.NameOf(slot).type == Type::kRuntime &&
           stream.session().StandingOf(slot) == Standing::kAcknowledged;
  });
}

namespace {

// Counts the proxies of one audience after the other, for one object. With the catalog's mutex held.
class Tally {
 public:
  Tally(const Catalog::Impl& catalog, const ObjectKey& object, const PeerBook* peers, int64_t generation)
      : catalog_(catalog), object_(object), peers_(peers), generation_(generation) {}

  void Add(const Audience& name, const std::vector<std::string>& pods) {
    name_ = name;
    const auto found = catalog_.audiences.find(name);
    audience_ = found == catalog_.audiences.end() ? nullptr : &found->second;
    elsewhere_ = peers_ == nullptr ? std::set<std::string>() : peers_->ConnectedTo(name);
    if (pods.empty()) return AddConnected();
    for (const std::string& pod : pods) AddPod(pod);
  }
  api::ProxyCounts Done() {
    SortAndBound(&counts_.lagging);
    SortAndBound(&counts_.disconnected);
    SortAndBound(&counts_.rejected);
    return std::move(counts_);
  }

 private:
  using Progress = Catalog::Impl::Progress;
  std::string Named(const std::string& proxy) const { return name_.ToString() + " (" + proxy + ")"; }

  // Run by hand: those that are connected are what is needed.
  void AddConnected() {
    std::set<std::string> here;
    if (audience_ != nullptr) {
      for (const auto& [id, proxy] : audience_->proxies) {
        if (!proxy.streams.empty()) {
          here.insert(id);
          AddOwn(id, *proxy.streams.back());
        } else if (!elsewhere_.contains(id)) {
          counts_.disconnected.push_back(Named(id));
        }
      }
    }
    for (const std::string& id : elsewhere_) {
      if (!here.contains(id)) AddTold(id, id);
    }
  }

  void AddPod(const std::string& pod) {
    if (audience_ != nullptr) {
      for (const auto& [id, proxy] : audience_->proxies) {
        if (!proxy.streams.empty() && IsProxyOf(id, pod, name_.ns)) return AddOwn(pod, *proxy.streams.back());
      }
    }
    for (const std::string& id : elsewhere_) {
      if (IsProxyOf(id, pod, name_.ns)) return AddTold(pod, id);
    }
    ++counts_.needed;
    counts_.disconnected.push_back(Named(pod));
  }

  void AddOwn(const std::string& shown, const StreamImpl& stream) {
    std::string why;
    const Progress progress = catalog_.ProgressOf(*audience_, stream, object_, &why);
    Count(shown, progress, why, Catalog::Impl::Drills(stream, object_));
  }
  // Connected to another replica.
  void AddTold(const std::string& shown, const std::string& id) {
    std::string why;
    bool drills = false;
    switch (peers_->StandingOf({name_, id}, object_, generation_, &why, &drills)) {
      case PeerBook::Standing::kProgrammed:
        return Count(shown, Progress::kProgrammed, why, drills);
      case PeerBook::Standing::kLagging:
        return Count(shown, Progress::kLagging, why, drills);
      case PeerBook::Standing::kRejected:
        return Count(shown, Progress::kRejected, why, drills);
    }
  }
  void Count(const std::string& shown, Progress progress, const std::string& why, bool drills) {
    ++counts_.needed;
    if (progress == Progress::kProgrammed) ++counts_.programmed;
    if (progress == Progress::kProgrammed && drills) ++counts_.drilling;
    if (progress == Progress::kLagging) counts_.lagging.push_back(Named(shown));
    if (progress == Progress::kRejected) counts_.rejected.push_back(Named(shown) + ": " + why);
  }

  const Catalog::Impl& catalog_;
  const ObjectKey& object_;
  const PeerBook* const peers_;
  const int64_t generation_;
  api::ProxyCounts counts_;
  Audience name_;
  const AudienceState* audience_ = nullptr;
  std::set<std::string> elsewhere_;
};

}  // namespace

api::ProxyCounts Catalog::CountFor(const ObjectKey& object,
                                   const std::map<Audience, std::vector<std::string>>& expected,
                                   int64_t generation) const {
  std::lock_guard lock(impl_->mutex);
  Tally tally(*impl_, object, impl_->peers, generation);
  for (const auto& [name, pods] : expected) tally.Add(name, pods);
  return tally.Done();
}

PeerReport::Object Catalog::ReportOf(const ObjectKey& object, int64_t generation,
                                     const std::set<Audience>& audiences) const {
  PeerReport::Object report{object, generation, {}, {}};
  std::lock_guard lock(impl_->mutex);
  for (const Audience& name : audiences) {
    const auto found = impl_->audiences.find(name);
    if (found == impl_->audiences.end()) continue;
    for (const auto& [id, proxy] : found->second.proxies) {
      if (proxy.streams.empty()) continue;
      std::string why;
      const Impl::Progress progress = impl_->ProgressOf(found->second, *proxy.streams.back(), object, &why);
      if (progress != Impl::Progress::kProgrammed) report.behind[{name, id}] = why;
      if (Impl::Drills(*proxy.streams.back(), object)) report.drilling.insert({name, id});
    }
  }
  return report;
}

std::map<Audience, std::set<std::string>> Catalog::Connected() const {
  std::map<Audience, std::set<std::string>> out;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [name, audience] : impl_->audiences) {
    for (const auto& [id, proxy] : audience.proxies) {
      if (!proxy.streams.empty()) out[name].insert(id);
    }
  }
  return out;
}

std::vector<ProxyProgress> Catalog::Proxies() const {
  std::vector<ProxyProgress> out;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [name, audience] : impl_->audiences) {
    for (const auto& [id, proxy] : audience.proxies) {
      ProxyProgress& progress = out.emplace_back();
      progress.info = proxy.info;
      progress.connected = !proxy.streams.empty() && !proxy.streams.back()->retired();
      progress.since = proxy.since;
      if (!progress.connected) continue;
      const Session& session = proxy.streams.back()->session();
      const Shelf& shelf = proxy.streams.back()->state().shelf;
      for (size_t t = 0; t < kTypeCount; ++t) {
        shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
          const Standing standing = session.StandingOf(slot);
          if (standing == Standing::kAcknowledged) ++progress.acknowledged;
          if (standing == Standing::kRejected) {
            progress.rejected.emplace(shelf.NameOf(slot), session.RejectionOf(slot));
          }
          if (standing == Standing::kPending && shelf.At(slot) &&
              progress.pending.size() < ProxyProgress::kMaxPending) {
            progress.pending.push_back(shelf.NameOf(slot));
          }
        });
      }
    }
  }
  return out;
}

size_t Catalog::ConnectedProxies() const {
  size_t connected = 0;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [name, audience] : impl_->audiences) {
    for (const auto& [id, proxy] : audience.proxies) connected += proxy.streams.empty() ? 0 : 1;
  }
  return connected;
}

ResourcePtr Catalog::Find(const Audience& audience, const ResourceName& name) const {
  std::lock_guard lock(impl_->mutex);
  const auto it = impl_->audiences.find(audience);
  if (it == impl_->audiences.end()) return nullptr;
  const Shelf& shelf = it->second.anywhere().shelf;
  const auto slot = shelf.Find(name.type, name.name.view());
  return slot ? shelf.At(*slot) : nullptr;
}

}  // namespace fairlead::xds
