#include "reconcilers/store/host_index.h"

#include <algorithm>

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxHost = 255;  // of DNS

std::string Canonical(std::string_view host) {
  std::string out(host);
  if (out.ends_with('.')) out.pop_back();
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// f(host) for each of the entry's; f(address) for each of the Service's. "None" of a headless one is none.
template <class F>
void EachOf(const istio::ServiceEntry& entry, F f) {
  for (const std::string& host : entry.hosts) f(Canonical(host));
}
template <class F>
void EachOf(const core::Service& service, F f) {
  for (const std::string& ip : service.cluster_ips) {
    if (const auto address = ParseIpAddress(ip)) f(*address);
  }
}

}  // namespace

template <class T, class K>
void HostIndex::Replace(const T* old, const T* now, Index<K>* index) {
  if (old != nullptr) EachOf(*old, [&](const K& key) { index->erase({key, Name(old->meta.nn())}); });
  if (now != nullptr) EachOf(*now, [&](const K& key) { index->insert({key, Name(now->meta.nn())}); });
}

const HostIndex& HostIndex::None() {
  static const HostIndex kNone;
  return kNone;
}

void HostIndex::Change(const istio::ServiceEntry* old, const istio::ServiceEntry* now) {
  if (old != nullptr && now != nullptr && old->hosts == now->hosts) return;
  Replace(old, now, &entries_);
}

void HostIndex::Change(const core::Service* old, const core::Service* now) {
  if (old != nullptr && now != nullptr && old->cluster_ips == now->cluster_ips) return;
  Replace(old, now, &services_);
}

// a.b.c is said by a.b.c, *.b.c, *.c and *.
std::vector<NamespacedName> HostIndex::EntriesWith(std::string_view host) const {
  if (host.size() > kMaxHost) return {};
  std::set<NamespacedName> found;
  const auto add = [&](const std::string& said) {
    for (auto at = entries_.lower_bound({said, {}}); at != entries_.end() && at->first == said; ++at)
      found.insert(at->second.nn());
  };
  const std::string whole = Canonical(host);
  add(whole);
  std::string_view rest = whole;
  for (size_t dot = 0; (dot = rest.find('.')) != std::string_view::npos;) {
    rest.remove_prefix(dot + 1);
    add("*." + std::string(rest));
  }
  add("*");
  return {found.begin(), found.end()};
}

void HostIndex::VisitServicesIn(const IpRange& range,
                                const std::function<bool(const NamespacedName&)>& visit) const {
  for (auto at = services_.lower_bound({range.first, {}}); at != services_.end() && at->first <= range.last;
       ++at) {
    if (!visit(at->second.nn())) return;
  }
}

}  // namespace fairlead::reconcilers
