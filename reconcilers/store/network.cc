#include "reconcilers/store/network.h"

namespace fairlead::reconcilers {

std::string_view NetworkOf(const Tables& tables, const std::string& root_namespace) {
  for (const std::string& name : {std::string("istio-system"), root_namespace}) {
    const auto ns = tables.Get<core::Namespace>({"", name});
    const std::string_view network = ns == nullptr ? "" : ns->meta.labels.Get(kNetworkLabel);
    if (!network.empty()) return network;
  }
  return "";
}

bool HasGateway(const Tables& tables, std::string_view network) {
  bool found = false;
  tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
    found = found || service->meta.labels.Get(kNetworkLabel) == network;
  });
  return found;
}

}  // namespace fairlead::reconcilers
