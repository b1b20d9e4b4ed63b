#include "reconcilers/lower/locality.h"

namespace fairlead::reconcilers {
namespace {

std::string ClusterOf(const View& view, const core::Pod* pod, const core::Node* node) {
  const std::string_view by_pod = pod == nullptr ? "" : pod->meta.labels.Get(kClusterLabel);
  if (!by_pod.empty()) return std::string(by_pod);
  const std::string_view by_node = node == nullptr ? "" : node->meta.labels.Get(kClusterLabel);
  return by_node.empty() ? view.options.cluster_name : std::string(by_node);
}

void AddPlaceOf(const core::Node& node, api::Locality* out) {
  const Labels& labels = node.meta.labels;
  out->region = labels.Get("topology.kubernetes.io/region");
  out->subzone = labels.Get("topology.istio.io/subzone");
  if (out->zone.empty()) out->zone = labels.Get("topology.kubernetes.io/zone");
}

}  // namespace

api::Locality ReadPlace(std::string_view text, char separator) {
  api::Locality out;
  for (std::string* field : {&out.region, &out.zone, &out.subzone}) {
    const bool last = field == &out.subzone;
    const size_t end = last ? std::string_view::npos : text.find(separator);
    *field = text.substr(0, end);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

api::Locality PlaceOf(const View& view, const core::Pod* pod, const std::string& node_name,
                      const std::string& zone) {
  const auto node = node_name.empty() ? nullptr : view.tables.Get<core::Node>("", node_name);
  const std::string_view label = pod == nullptr ? "" : pod->meta.labels.Get(kLocalityLabel);
  api::Locality out;
  if (!label.empty()) {
    out = ReadPlace(label, '.');
  } else {
    out.zone = zone;
    if (node != nullptr) AddPlaceOf(*node, &out);
  }
  out.cluster = ClusterOf(view, pod, node.get());
  return out;
}

api::Locality PlaceOf(const View& view, const core::Node& node) {
  api::Locality out;
  AddPlaceOf(node, &out);
  out.cluster = ClusterOf(view, nullptr, &node);
  return out;
}

}  // namespace fairlead::reconcilers
