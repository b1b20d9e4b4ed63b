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

bool IsProxyOf(std::string_view id, const std::string& pod, const std::string& ns) {
  return id == pod || PodInId(id) == pod + "." + ns;
}

void SortAndBound(std::vector<std::string>* names) {
  std::sort(names->begin(), names->end());
  if (names->size() > api::ProxyCounts::kMaxNamed) names->resize(api::ProxyCounts::kMaxNamed);
}

}  // namespace

std::vector<Slot> Catalog::Impl::SlotsOf(const AudienceState& audience, const ObjectKey& object) const {
  std::vector<Slot> out;
  const auto it = by_object.find(object);
  if (it == by_object.end()) return out;
  for (const ResourceName* name : it->second) {
    const auto slot = audience.shelf.Find(name->type, name->name);
    if (slot && audience.shelf.At(*slot)) out.push_back(*slot);
  }
  return out;
}

Catalog::Impl::Progress Catalog::Impl::ProgressOf(const AudienceState& audience, const StreamImpl& stream,
                                                  const std::vector<Slot>& slots, std::string* why) const {
  if (!ready || !audience.served) return Progress::kLagging;
  bool all = true;
  const ResourceName* rejected = nullptr;
  for (const Slot slot : slots) {
    const Standing standing = stream.session().StandingOf(slot);
    if (standing == Standing::kAcknowledged) continue;
    all = false;
    const std::optional<Slot> culprit =
        standing == Standing::kRejected ? slot : stream.session().RejectedNeedOf(slot);
    if (!culprit) continue;
    const ResourceName& name = audience.shelf.NameOf(*culprit);
    if (rejected && *rejected < name) continue;
    rejected = &name;
    *why = name.ToString() + ": " + stream.session().RejectionOf(*culprit);
  }
  if (rejected) return Progress::kRejected;
  return all ? Progress::kProgrammed : Progress::kLagging;
}

api::ProxyCounts Catalog::CountFor(const ObjectKey& object,
                                   const std::map<Audience, std::vector<std::string>>& expected) const {
  api::ProxyCounts counts;
  std::lock_guard lock(impl_->mutex);
  const auto count = [&](const AudienceState& audience, const std::string& named, const StreamImpl& stream,
                         const std::vector<Slot>& slots) {
    std::string why;
    switch (impl_->ProgressOf(audience, stream, slots, &why)) {
      case Impl::Progress::kProgrammed:
        ++counts.programmed;
        break;
      case Impl::Progress::kLagging:
        counts.lagging.push_back(named);
        break;
      case Impl::Progress::kRejected:
        counts.rejected.push_back(named + ": " + why);
        break;
    }
  };
  for (const auto& [name, pods] : expected) {
    const auto named = [&](const std::string& proxy) { return name.ToString() + " (" + proxy + ")"; };
    const auto it = impl_->audiences.find(name);
    if (it == impl_->audiences.end()) {
      counts.needed += static_cast<int>(pods.size());
      for (const std::string& pod : pods) counts.disconnected.push_back(named(pod));
      continue;
    }
    const AudienceState& audience = it->second;
    const std::vector<Slot> slots = impl_->SlotsOf(audience, object);
    if (pods.empty()) {
      for (const auto& [id, proxy] : audience.proxies) {
        if (proxy.streams.empty()) {
          counts.disconnected.push_back(named(id));
          continue;
        }
        ++counts.needed;
        count(audience, named(id), *proxy.streams.back(), slots);
      }
      continue;
    }
    for (const std::string& pod : pods) {
      ++counts.needed;
      const auto proxy =
          std::find_if(audience.proxies.begin(), audience.proxies.end(), [&](const auto& known) {
            return !known.second.streams.empty() && IsProxyOf(known.first, pod, name.ns);
          });
      if (proxy == audience.proxies.end()) {
        counts.disconnected.push_back(named(pod));
      } else {
        count(audience, named(pod), *proxy->second.streams.back(), slots);
      }
    }
  }
  SortAndBound(&counts.lagging);
  SortAndBound(&counts.disconnected);
  SortAndBound(&counts.rejected);
  return counts;
}

std::vector<ProxyProgress> Catalog::Proxies() const {
  std::vector<ProxyProgress> out;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [name, audience] : impl_->audiences) {
    for (const auto& [id, proxy] : audience.proxies) {
      ProxyProgress& progress = out.emplace_back();
      progress.info = proxy.info;
      progress.connected = !proxy.streams.empty();
      progress.since = proxy.since;
      if (proxy.streams.empty()) continue;
      const Session& session = proxy.streams.back()->session();
      for (size_t t = 0; t < kTypeCount; ++t) {
        audience.shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
          const Standing standing = session.StandingOf(slot);
          if (standing == Standing::kAcknowledged) ++progress.acknowledged;
          if (standing == Standing::kRejected) {
            progress.rejected.emplace(audience.shelf.NameOf(slot), session.RejectionOf(slot));
          }
          if (standing == Standing::kPending && audience.shelf.At(slot) &&
              progress.pending.size() < ProxyProgress::kMaxPending) {
            progress.pending.push_back(audience.shelf.NameOf(slot));
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
  const auto slot = it->second.shelf.Find(name.type, name.name);
  return slot ? it->second.shelf.At(*slot) : nullptr;
}

}  // namespace fairlead::xds
