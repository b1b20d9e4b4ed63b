#include "reconcilers/preview/graph_svg.h"

#include <algorithm>
#include <map>

#include "reconcilers/preview/graph_layout.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr int kColors = 8, kTextSize = 11, kTitleSize = 14, kSmall = 9;
constexpr int kLeastWidth = 720, kLegendLine = 20;

// Of people who do not tell colours apart, too; a number stands beside each.
constexpr char kStyle[] =
    "svg{background:#fff}"
    "text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;fill:#1b1f24}"
    ".title{font-size:14px;font-weight:bold}.sub{font-size:11px;fill:#57606a}.label{font-size:11px}"
    ".small{font-size:9px}.sign{font-size:12px;font-weight:bold}"
    ".box>rect{fill:#f6f8fa;stroke:#8c959f;stroke-width:1.5}.box.namespace>rect{stroke-dasharray:5 3}"
    ".chip>rect{fill:#fff;stroke:#d0d7de}.badge rect{fill:#eaeef2;stroke:#afb8c1}"
    ".tag circle{fill:#fff;stroke-width:1.8}.cross{stroke:#cf222e;stroke-width:2;fill:none}"
    ".edge path{fill:none;stroke-width:2}.edge.some path{stroke-dasharray:7 4}"
    ".edge.depends path{stroke-dasharray:2 4}.edge.denied path{stroke-dasharray:1 3;stroke-width:2.6}"
    ".c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#b58900}"
    ".c5{stroke:#3a9bd9}.c6{stroke:#8c6d31}.c7{stroke:#6a3d9a}"
    ".added>rect{stroke:#1a7f37;stroke-width:2.4}.removed>rect{stroke:#cf222e;stroke-width:2.4}"
    ".changed>rect{stroke:#9a6700;stroke-width:2.4}"
    ".added .sign{fill:#1a7f37}.removed .sign{fill:#cf222e}.changed .sign{fill:#9a6700}"
    ".removed .label{text-decoration:line-through}"
    ".edge.added path{stroke:#1a7f37;stroke-width:3}.edge.removed path{stroke:#cf222e;stroke-width:3}"
    ".edge.changed path{stroke:#9a6700;stroke-width:3}";

std::string CssOf(const std::optional<Sign>& sign) {
  if (!sign) return "";
  return *sign == Sign::kAdded ? " added" : *sign == Sign::kRemoved ? " removed" : " changed";
}

std::string CharsOf(const std::optional<Sign>& sign) {
  if (!sign) return "";
  return *sign == Sign::kAdded ? "+" : *sign == Sign::kRemoved ? "−" : "~";
}

std::string ColorOf(size_t box) { return "c" + std::to_string(box % kColors); }

std::string Tag(int x, int y, size_t box, bool crossed = false) {
  const std::string cross = !crossed ? ""
                                     : "<path class=\"cross\" d=\"M" + std::to_string(x - 6) + " " +
                                           std::to_string(y + 6) + "L" + std::to_string(x + 6) + " " +
                                           std::to_string(y - 6) + "\"/>";
  return "<g class=\"tag\"><circle class=\"" + ColorOf(box) + "\"" + Attribute("cx", x) + Attribute("cy", y) +
         " r=\"7\"/>" + TextAt(x, y + 3, "small", std::to_string(box + 1), true) + cross + "</g>";
}

std::string Badge(int x, int y, const std::string& letter) {
  return "<g class=\"badge\">" + RectOf({x - 7, y - 7, 14, 14}, 3) + TextAt(x, y + 3, "small", letter, true) +
         "</g>";
}

std::string Joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

// What a pointer that rests on a service is told.
std::string TitleOf(const GraphService& service) {
  std::string out = service.key.ToString();
  if (!service.ports.empty()) out += "\nports: " + Joined(service.ports);
  out += "\neveryone: " + std::string(ToString(service.everyone)) +
         "; its own: " + std::string(ToString(service.own)) +
         "; in plain text: " + std::string(ToString(service.plain));
  for (const GraphCaller& caller : service.callers) out += "\n" + InWords(caller);
  if (!service.waypoint.empty()) out += "\nwaypoint: " + service.waypoint;
  for (const std::string& policy : service.policies) out += "\n" + policy;
  for (const std::string& policy : service.authorization) out += "\nAuthorizationPolicy " + policy;
  return out;
}

class Writing {
 public:
  explicit Writing(const Graph& graph) : graph_(graph), layout_(LayOut(graph)) {
    for (size_t i = 0; i < graph.boxes.size(); ++i) index_[graph.boxes[i].name] = i;
    width_ = std::max(layout_.width, kLeastWidth);
  }

  std::string Run(bool alone) {
    std::string body;
    for (const EdgePlace& edge : layout_.edges) Edge(edge, &body);
    for (size_t i = 0; i < layout_.boxes.size(); ++i) Box(i, &body);
    int height = layout_.height;
    if (graph_.boxes.empty())
      body += TextAt(24, height, "label", "There are no services and no workspaces in the input.");
    Legend(&height, &body);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + Attribute("width", width_) +
                      Attribute("height", height) + " viewBox=\"0 0 " + std::to_string(width_) + " " +
                      std::to_string(height) + "\" role=\"img\" aria-label=\"Who may call whom\">\n";
    if (alone) out += "<style>" + std::string(kStyle) + "</style>\n";
    out +=
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" "
        "markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/>"
        "</marker></defs>\n";
    return out + body + "</svg>\n";
  }

 private:
  void Edge(const EdgePlace& place, std::string* out) const {
    const GraphEdge& edge = graph_.edges[place.edge];
    const size_t from = index_.at(edge.from);
    std::string path;
    for (const auto& [x, y] : place.points)
      path += (path.empty() ? "M" : "L") + std::to_string(x) + " " + std::to_string(y);
    const std::string counts = std::to_string(edge.services) + " of " + std::to_string(edge.of) + " services";
    *out += "<g class=\"edge " + std::string(ToString(edge.kind)) + CssOf(edge.sign) + "\" data-edge=\"" +
            std::to_string(place.edge) + "\" data-from=\"" + std::to_string(from) + "\" data-to=\"" +
            std::to_string(index_.at(edge.to)) + "\"><title>" +
            EscapeXml(edge.from + (edge.kind == GraphEdge::Kind::kDenied ? " may not call " : " may call ") +
                      counts + " of " + edge.to + (edge.who.empty() ? "" : ": " + edge.who + " alone") +
                      (edge.kind == GraphEdge::Kind::kDepends ? ", depending on the request" : "")) +
            "</title><path class=\"" + ColorOf(from) + "\" d=\"" + path + "\" marker-end=\"url(#arrow)\"/>";
    const auto& [x, y] = place.points.back();
    *out += Tag(x, y - 19, from);
    if (edge.kind == GraphEdge::Kind::kDenied) *out += TextAt(x + 8, y - 16, "sign", "✕");
    if (edge.sign) *out += TextAt(x - 17, y - 15, "sign", CharsOf(edge.sign));
    *out += "</g>\n";
  }

  void Box(size_t i, std::string* out) const {
    const GraphBox& box = graph_.boxes[i];
    const Rect& rect = layout_.boxes[i].rect;
    const bool workspace = box.name.starts_with("workspace ");
    *out += std::string("<g class=\"box ") + (workspace ? "workspace" : "namespace") + CssOf(box.sign) +
            "\" data-box=\"" + std::to_string(i) + "\" tabindex=\"0\"><title>" +
            EscapeXml(box.name + (box.roles.empty() ? "" : "\n" + Joined(box.roles))) + "</title>" +
            RectOf(rect, 8) + Tag(rect.x + 18, rect.y + 18, i);
    int x = rect.x + 32;
    if (box.sign) {
      *out += TextAt(x, rect.y + 23, "sign", CharsOf(box.sign));
      x += 14;
    }
    *out += TextAt(x, rect.y + 23, "title",
                   Fit(box.title, kTitleSize, (rect.width - (x - rect.x) - 12) * 9 / 10));
    *out += TextAt(rect.x + 12, rect.y + 42, "sub", Fit(SubtitleOf(box), kTextSize, rect.width - 24));
    for (size_t n = 0; n < box.services.size(); ++n) Chip(box, i, n, out);
    *out += "</g>\n";
  }

  void Chip(const GraphBox& box, size_t i, size_t n, std::string* out) const {
    const GraphService& service = box.services[n];
    const ChipPlace& place = layout_.boxes[i].services[n];
    const Rect& rect = place.rect;
    *out += "<g class=\"chip" + CssOf(service.sign) + "\" data-box=\"" + std::to_string(i) +
            "\" data-service=\"" + std::to_string(n) + "\" tabindex=\"0\"><title>" +
            EscapeXml(TitleOf(service)) + "</title>" + RectOf(rect, 4);
    int x = rect.x + 8;
    if (service.sign) *out += TextAt(x, rect.y + 15, "sign", CharsOf(service.sign));
    if (graph_.compared) x += 12;
    const bool one = box.namespaces.size() == 1;
    *out += TextAt(
        x, rect.y + 15, "label",
        Fit(Printable(one ? service.key.name : service.key.nn().ToString()), kTextSize, place.label_width));
    x = rect.x + rect.width - kBadge / 2 - 3;
    const std::string badges = BadgesOf(service);
    for (auto letter = badges.rbegin(); letter != badges.rend(); ++letter, x -= kBadge)
      *out += Badge(x, rect.y + 11, std::string(1, *letter));
    const std::vector<size_t> tags = TagsOf(graph_, box, service);
    if (tags.size() > kMaxTags) {
      *out += TextAt(x, rect.y + 14, "small", "+" + std::to_string(tags.size() - kMaxTags), true);
      x -= kBadge;
    }
    for (size_t t = std::min(tags.size(), kMaxTags); t-- > 0; x -= kBadge)
      *out += Tag(x, rect.y + 11, tags[t], service.everyone == Answer::kYes);
    *out += "</g>";
  }

  // How to read it, in as many lines as it takes.
  void Legend(int* height, std::string* out) const {
    std::vector<std::pair<std::string, std::string>> items = {
        {"①", "arrow with a number: callers of that box may call"},
        {"──", "all services of the box"},
        {"─ ─", "some: those with the number in their line"},
        {"···", "as far as the request decides"},
        {"✕", "may not, though everyone else may"},
        {"*", "open to everyone in the mesh"},
        {"?", "for everyone the request decides"},
        {"!", "its own box may not call it"},
        {"R", "RetryTimeoutPolicy in force"},
        {"A", "AuthorizationPolicy on the way"},
        {"W", "behind a waypoint"},
    };
    if (graph_.compared) {
      items.push_back({"+", "comes"});
      items.push_back({"−", "goes"});
      items.push_back({"~", "changes"});
    }
    int x = 24;
    *height += kLegendLine;
    *out += "<g class=\"legend\">";
    for (const auto& [mark, text] : items) {
      const int mark_width = WidthOf(mark, kTextSize) + 10, wide = mark_width + WidthOf(text, kTextSize) + 22;
      if (x > 24 && x + wide > width_ - 24) {
        x = 24;
        *height += kLegendLine;
      }
      *out += TextAt(x, *height, "sign", mark) + TextAt(x + mark_width, *height, "sub", text);
      x += wide;
    }
    *out += "</g>\n";
    *height += kLegendLine;
  }

  const Graph& graph_;
  const Layout layout_;
  std::map<std::string, size_t> index_;
  int width_ = 0;
};

}  // namespace

std::string SvgBody(const Graph& graph) { return Writing(graph).Run(false); }
std::string ToSvg(const Graph& graph) { return Writing(graph).Run(true); }

}  // namespace fairlead::reconcilers::preview
