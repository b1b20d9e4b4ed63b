// Graph: workspaces, the services in them, who may call whom, and what lies on the way; to be drawn.
//
// Who calls: fairleadctl graph. A box is a workspace, or a namespace of none. Between boxes there is an edge
// where callers of one may call services of the other that are not open to everyone, or may not call services
// that are. Of two states, each part says whether it came, went or changed. Drawn by graph_svg.h (a picture),
// graph_html.h (a page without network) and graph_dot.h. Values; the same state gives the same bytes. Pure.
//
//   Graph graph = GraphOf(&state, &table);
//   std::cout << ToSvg(graph);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/preview/preview.h"
#include "reconcilers/preview/state.h"

namespace fairlead::reconcilers::preview {

struct GraphCaller {
  std::string box;  // its name
  Answer answer = Answer::kNo;
  std::string who;  // of the box, where not all of it: "edge/gateway"
  friend bool operator==(const GraphCaller&, const GraphCaller&) = default;
};

struct GraphService {
  ObjectKey key;
  std::vector<std::string> ports;          // "8080 HTTP"
  Answer everyone = Answer::kNo;           // who is not told apart by a policy
  Answer plain = Answer::kNo;              // in plain text, which passes no waypoint
  Answer own = Answer::kYes;               // callers of its own box
  std::vector<GraphCaller> callers;        // of other boxes, where they differ from everyone; by name
  std::vector<std::string> policies;       // in force: "RetryTimeoutPolicy shop/ratings"
  std::vector<std::string> authorization;  // AuthorizationPolicies of users on the way
  std::string waypoint;                    // "shop/waypoint"; empty: none
  std::optional<Sign> sign;
};

struct GraphBox {
  std::string name;  // "workspace shop", "namespace edge"
  std::string title;
  std::string isolation;  // of a workspace
  std::vector<std::string> namespaces, roles;
  std::vector<GraphService> services;
  size_t service_count = 0;  // those that are left out too
  std::optional<Sign> sign;
};

struct GraphEdge {
  enum class Kind : unsigned char { kAll, kSome, kDepends, kDenied };
  std::string from, to;  // names of boxes
  Kind kind = Kind::kAll;
  size_t services = 0, of = 0;
  std::string who = {};  // of kAll: the callers of the box who may, where not all of them
  std::optional<Sign> sign = {};
};
std::string InWords(
    const GraphCaller& caller);  // "workspace pay: yes", "namespace edge: in part, edge/gateway"
std::string_view ToString(GraphEdge::Kind kind);  // "all", "some", "depends", "denied"

struct Graph {
  std::vector<GraphBox> boxes;   // workspaces, then namespaces, by name
  std::vector<GraphEdge> edges;  // by names
  bool compared = false;
};

struct GraphFocus {
  std::string workspace;  // only what it has to do with
  std::string service;    // "ns/name", likewise
};

Graph GraphOf(State* state, PolicyTable* table);
Graph CompareGraphs(const Graph& before, const Graph& after);
// Error: there is no such workspace or service.
Result<Graph> FocusOn(const GraphFocus& focus, Graph graph);

}  // namespace fairlead::reconcilers::preview
