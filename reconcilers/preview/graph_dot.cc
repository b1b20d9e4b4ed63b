// A graph for graphviz: boxes as clusters, edges from box to box, those to some services to each of them.
#include <map>

#include "reconcilers/preview/graph_svg.h"

namespace fairlead::reconcilers::preview {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return out + "\"";
}

std::string Attributes(const std::optional<Sign>& sign) {
  if (!sign) return "";
  const char* color = *sign == Sign::kAdded     ? "darkgreen"
                      : *sign == Sign::kRemoved ? "crimson"
                                                : "darkorange";
  return std::string(", color=") + color + ", penwidth=2";
}

std::string Marked(const std::optional<Sign>& sign, const std::string& text) {
  return sign ? std::string(1, CharOf(*sign)) + " " + text : text;
}

std::string IdOf(const GraphService& service) { return service.key.ToString(); }

}  // namespace

std::string ToDot(const Graph& graph) {
  std::string out = "digraph fairlead {\n  rankdir=LR;\n  compound=true;\n  node [shape=box];\n";
  std::map<std::string, std::string> anchor, cluster;
  for (size_t i = 0; i < graph.boxes.size(); ++i) {
    const GraphBox& box = graph.boxes[i];
    cluster[box.name] = "cluster_" + std::to_string(i);
    anchor[box.name] = box.services.empty() ? box.name : IdOf(box.services.front());
    out += "  subgraph " + Quoted(cluster[box.name]) + " {\n    label=" +
           Quoted(Marked(box.sign, box.name + (box.isolation.empty() ? "" : " (" + box.isolation + ")"))) +
           ";\n";
    if (box.services.empty()) out += "    " + Quoted(box.name) + " [style=invis];\n";
    for (const GraphService& service : box.services) {
      out += "    " + Quoted(IdOf(service)) +
             " [label=" + Quoted(Marked(service.sign, Printable(service.key.nn().ToString()))) +
             Attributes(service.sign) + "];\n";
    }
    out += "  }\n";
  }
  for (const GraphEdge& edge : graph.edges) {
    if (cluster.count(edge.from) == 0 || cluster.count(edge.to) == 0) continue;
    const bool denied = edge.kind == GraphEdge::Kind::kDenied;
    const char* style = edge.kind == GraphEdge::Kind::kAll ? "solid" : denied ? "dotted" : "dashed";
    out += "  " + Quoted(anchor[edge.from]) + " -> " + Quoted(anchor[edge.to]) +
           " [ltail=" + Quoted(cluster[edge.from]) + ", lhead=" + Quoted(cluster[edge.to]) +
           ", style=" + style + ", label=" +
           Quoted(Marked(edge.sign, (denied ? "may not: " : "") + std::to_string(edge.services) + " of " +
                                        std::to_string(edge.of))) +
           Attributes(edge.sign) + "];\n";
  }
  return out + "}\n";
}

}  // namespace fairlead::reconcilers::preview
