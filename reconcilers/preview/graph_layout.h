// Layout: where the boxes, services and edges of a graph are drawn.
//
// Who calls: graph_svg.cc. Boxes stand in rows and columns; between them are channels and gutters, in which
// each caller has a lane of its own, so that edges cross and never run over a box or over one another. Pure,
// in whole pixels; equal graphs give equal pictures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reconcilers/preview/graph.h"
#include "reconcilers/preview/svg.h"

namespace fairlead::reconcilers::preview {

struct ChipPlace {
  Rect rect;
  int label_width = 0;  // room for the name
};

struct BoxPlace {
  Rect rect;
  std::vector<ChipPlace> services;
};

struct EdgePlace {
  size_t edge = 0;                          // in Graph::edges
  std::vector<std::pair<int, int>> points;  // the last is at the box
};

struct Layout {
  int width = 0, height = 0;
  std::vector<BoxPlace> boxes;  // as in the graph
  std::vector<EdgePlace> edges;
};

Layout LayOut(const Graph& graph);

inline constexpr int kHeader = 52;     // of a box, above its services
inline constexpr int kBadge = 17;      // width of a letter beside a name
inline constexpr size_t kMaxTags = 4;  // callers told in a service's own line

// Letters beside a service's name, and callers of its own.
std::string BadgesOf(const GraphService& service);  // "*RAW"
std::string SubtitleOf(const GraphBox& box);        // "isolation Enforced · 10 services · 2 namespaces"
// Callers that may call this service and not all of its box alike, by index of their box.
std::vector<size_t> TagsOf(const Graph& graph, const GraphBox& box, const GraphService& service);

}  // namespace fairlead::reconcilers::preview
