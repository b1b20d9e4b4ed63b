// Whatever the graph: no box and no service lies over another, no edge runs through a box or over another
// caller's edge, and every name fits.
#include "reconcilers/preview/graph_layout.h"

#include <gtest/gtest.h>

#include <random>

#include "reconcilers/preview/graph_svg.h"

namespace fairlead::reconcilers::preview {
namespace {

Graph RandomGraph(unsigned seed, int boxes, int services, int edges) {
  std::mt19937 engine(seed);
  const auto below = [&engine](int n) { return static_cast<int>(engine() % static_cast<unsigned>(n)); };
  Graph out;
  for (int i = 0; i < boxes; ++i) {
    GraphBox box;
    box.title = std::string(static_cast<size_t>(1 + below(40)), 'w') + std::to_string(i);
    box.name = "workspace " + box.title;
    box.isolation = "Enforced";
    box.namespaces = {"shop"};
    out.boxes.push_back(std::move(box));
  }
  for (int i = 0; i < services && boxes > 0; ++i) {
    GraphService service;
    service.key = {Kind::kService, "shop",
                   std::string(static_cast<size_t>(1 + below(60)), 'm') + std::to_string(i)};
    if (below(2) == 0) service.policies = {"RetryTimeoutPolicy shop/p"};
    if (below(2) == 0) service.waypoint = "shop/waypoint";
    for (int c = below(4); c > 0; --c)
      service.callers.push_back({out.boxes[static_cast<size_t>(below(boxes))].name, Answer::kYes, ""});
    out.boxes[static_cast<size_t>(below(boxes))].services.push_back(std::move(service));
  }
  for (int i = 0; i < edges && boxes > 1; ++i) {
    const int from = below(boxes), to = below(boxes);
    if (from == to) continue;
    out.edges.push_back({out.boxes[static_cast<size_t>(from)].name,
                         out.boxes[static_cast<size_t>(to)].name,
                         GraphEdge::Kind::kSome,
                         1,
                         2,
                         {}});
  }
  return out;
}

bool Apart(const Rect& a, const Rect& b) {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
}

bool Inside(const Rect& inner, const Rect& outer) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

struct Segment {
  size_t from;  // box of the caller
  int x1, y1, x2, y2;
  bool upright() const { return x1 == x2; }
};

// On one line, for more than a point.
bool Over(const Segment& a, const Segment& b) {
  if (a.upright() != b.upright()) return false;
  if (a.upright()) return a.x1 == b.x1 && std::max(a.y1, b.y1) < std::min(a.y2, b.y2);
  return a.y1 == b.y1 && std::max(a.x1, b.x1) < std::min(a.x2, b.x2);
}

void Check(const Graph& graph) {
  const Layout layout = LayOut(graph);
  ASSERT_EQ(layout.boxes.size(), graph.boxes.size());
  const Rect page{0, 0, layout.width, layout.height};
  for (size_t i = 0; i < layout.boxes.size(); ++i) {
    const BoxPlace& box = layout.boxes[i];
    EXPECT_TRUE(Inside(box.rect, page));
    for (size_t k = 0; k < i; ++k) EXPECT_TRUE(Apart(box.rect, layout.boxes[k].rect));
    ASSERT_EQ(box.services.size(), graph.boxes[i].services.size());
    for (size_t n = 0; n < box.services.size(); ++n) {
      EXPECT_TRUE(Inside(box.services[n].rect, box.rect));
      for (size_t k = 0; k < n; ++k) EXPECT_TRUE(Apart(box.services[n].rect, box.services[k].rect));
      const std::string name = graph.boxes[i].services[n].key.name;
      EXPECT_LE(WidthOf(Fit(name, 11, box.services[n].label_width), 11), box.services[n].label_width);
      EXPECT_GE(box.services[n].label_width, 40);
    }
  }
  std::vector<Segment> segments;
  for (const EdgePlace& edge : layout.edges) {
    size_t from = 0;
    while (graph.boxes[from].name != graph.edges[edge.edge].from) ++from;
    for (size_t i = 0; i + 1 < edge.points.size(); ++i) {
      const auto [x1, y1] = edge.points[i];
      const auto [x2, y2] = edge.points[i + 1];
      EXPECT_TRUE(x1 == x2 || y1 == y2);
      segments.push_back({from, std::min(x1, x2), std::min(y1, y2), std::max(x1, x2), std::max(y1, y2)});
    }
  }
  for (const Segment& s : segments) {
    for (const BoxPlace& box : layout.boxes) {
      const Rect inner{box.rect.x + 1, box.rect.y + 1, box.rect.width - 2, box.rect.height - 2};
      EXPECT_TRUE(Apart({s.x1, s.y1, s.x2 - s.x1, s.y2 - s.y1}, inner)) << "an edge runs through a box";
    }
    for (const Segment& other : segments)
      EXPECT_TRUE(s.from == other.from || !Over(s, other)) << "two callers' edges are one line";
  }
}

TEST(GraphLayout, NothingLiesOverAnything) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Check(RandomGraph(seed, static_cast<int>(seed % 23), static_cast<int>(seed * 5),
                      static_cast<int>(seed * 2)));
    if (HasFailure()) return;
  }
}

TEST(GraphLayout, OfTwoHundredServices) { Check(RandomGraph(1, 20, 200, 60)); }

TEST(GraphLayout, TextIsCutBetweenCharacters) {
  EXPECT_EQ(Fit("short", 11, 200), "short");
  const std::string cut = Fit("äöüäöüäöüäöüäöüäöü", 11, 60);
  EXPECT_TRUE(cut.ends_with("…"));
  EXPECT_EQ((cut.size() - 3) % 2, 0u);
  EXPECT_LE(WidthOf(cut, 11), 60);
}

TEST(GraphPage, NamesAreEscaped) {
  EXPECT_EQ(EscapeXml("<a b='\"&\x01\n"), "&lt;a b=&#39;&quot;&amp;?\n");
  Graph graph = RandomGraph(3, 2, 3, 1);
  graph.boxes[0].title = graph.boxes[0].name = "</script><script>alert(1)</script>";
  for (const std::string& text : {ToSvg(graph), ToHtml(graph)})
    EXPECT_EQ(text.find("<script>alert"), text.npos);
  EXPECT_EQ(ToHtml(graph).find("alert(1)</script>"), std::string::npos);
}

TEST(GraphPage, SameGraphSameBytes) {
  EXPECT_EQ(ToHtml(RandomGraph(5, 9, 70, 20)), ToHtml(RandomGraph(5, 9, 70, 20)));
}

}  // namespace
}  // namespace fairlead::reconcilers::preview
