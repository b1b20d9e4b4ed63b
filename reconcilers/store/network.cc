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

}  // namespace fairlead::reconcilers
