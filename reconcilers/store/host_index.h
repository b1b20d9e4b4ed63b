// HostIndex: which ServiceEntries say a host, and which Services have an address of the cluster.
//
// World owns one and tells it of every Service and ServiceEntry that is in force; admission asks it what a
// host or an address in somebody's object stands for (reach/judge.h). Hosts are compared without case and
// without the dot that may end them, addresses by value. Not thread-safe.
//
//   index.EntriesWith("api.bank.example");   // also of *.bank.example
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/base/ip_address.h"
#include "crds/base/text.h"
#include "crds/core/service.h"
#include "crds/istio/service_entry.h"

namespace fairlead::reconcilers {

class HostIndex {
 public:
  static const HostIndex& None();  // that knows of nothing

  // Null: there was, or is, none.
  void Change(const istio::ServiceEntry* old, const istio::ServiceEntry* now);
  void Change(const core::Service* old, const core::Service* now);

  // Those that say the host, or a pattern that holds all of it. Sorted, each once.
  std::vector<NamespacedName> EntriesWith(std::string_view host) const;
  // Each Service with a ClusterIP in the range, by address, until `visit` says false.
  void VisitServicesIn(const IpRange& range, const std::function<bool(const NamespacedName&)>& visit) const;

 private:
  // Services are many: their names are shared with whoever refers to them.
  struct Name {
    Text ns, name;
    Name() = default;
    explicit Name(const NamespacedName& of) : ns(of.ns), name(of.name) {}
    NamespacedName nn() const { return {ns.str(), name.str()}; }
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  template <class K>
  using Index = std::set<std::pair<K, Name>>;
  template <class T, class K>
  static void Replace(const T* old, const T* now, Index<K>* index);

  Index<std::string> entries_;  // by host
  Index<IpAddress> services_;
};

}  // namespace fairlead::reconcilers
