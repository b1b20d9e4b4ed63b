#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"
#include "reconcilers/preview/graph_svg.h"

namespace fairlead::reconcilers::preview {
namespace {

void PutSign(const std::optional<Sign>& sign, Json::Value* out) {
  if (sign)
    (*out)["change"] = *sign == Sign::kAdded ? "added" : *sign == Sign::kRemoved ? "removed" : "changed";
}

Json::Value ToJson(const GraphService& service) {
  Json::Value out(Json::objectValue);
  out["name"] = service.key.ToString();
  out["ports"] = fairlead::ToJson(service.ports);
  out["everyone"] = std::string(ToString(service.everyone));
  out["plain"] = std::string(ToString(service.plain));
  out["own"] = std::string(ToString(service.own));
  out["callers"] = Json::Value(Json::arrayValue);
  for (const GraphCaller& caller : service.callers) {
    Json::Value one(Json::objectValue);
    one["box"] = caller.box;
    one["words"] = InWords(caller);
    out["callers"].append(one);
  }
  out["policies"] = fairlead::ToJson(service.policies);
  out["authorization"] = fairlead::ToJson(service.authorization);
  out["waypoint"] = service.waypoint;
  PutSign(service.sign, &out);
  return out;
}

Json::Value ToJson(const Graph& graph) {
  Json::Value out(Json::objectValue);
  out["boxes"] = Json::Value(Json::arrayValue);
  out["edges"] = Json::Value(Json::arrayValue);
  for (const GraphBox& box : graph.boxes) {
    Json::Value one(Json::objectValue);
    one["name"] = box.name;
    if (!box.isolation.empty()) one["isolation"] = box.isolation;
    one["namespaces"] = fairlead::ToJson(box.namespaces);
    one["roles"] = fairlead::ToJson(box.roles);
    one["services"] = Json::Value(Json::arrayValue);
    for (const GraphService& service : box.services) one["services"].append(ToJson(service));
    PutSign(box.sign, &one);
    out["boxes"].append(one);
  }
  for (const GraphEdge& edge : graph.edges) {
    Json::Value one(Json::objectValue);
    one["from"] = edge.from;
    one["to"] = edge.to;
    one["kind"] = std::string(ToString(edge.kind));
    one["services"] = static_cast<Json::UInt64>(edge.services);
    one["of"] = static_cast<Json::UInt64>(edge.of);
    if (!edge.who.empty()) one["who"] = edge.who;
    PutSign(edge.sign, &one);
    out["edges"].append(one);
  }
  return out;
}

// Within <script>: nothing in it may look like the end of it, or like markup at all.
std::string EscapeScript(const std::string& json) {
  std::string out;
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      out += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string ToHtml(const Graph& graph) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
      "form-action 'none'; script-src '" +
      std::string(kPageScriptHash) + "'; style-src '" + kPageStyleHash +
      "'\">\n<title>Fairlead: who may call whom</title>\n<style>";
  out += PageStyle();
  out +=
      "</style>\n</head>\n<body>\n<header><h1>Who may call whom</h1>"
      "<label>Search <input id=\"search\" type=\"search\" autocomplete=\"off\"></label>"
      "<span id=\"found\" role=\"status\"></span>"
      "<button id=\"minus\" aria-label=\"Smaller\">−</button>"
      "<button id=\"plus\" aria-label=\"Larger\">+</button>"
      "<button id=\"fit\">Fit</button><button id=\"theme\">Dark, light</button>"
      "<span class=\"help\">/ search · Tab and arrows move · Enter holds · Esc lets go</span></header>\n"
      "<main><div id=\"picture\">\n";
  out += SvgBody(graph);
  out +=
      "</div><aside id=\"details\" aria-live=\"polite\"><h2>Nothing chosen</h2><p>Point at a box, a service "
      "or "
      "an arrow, or move to it by the keyboard.</p></aside></main>\n"
      "<script type=\"application/json\" id=\"data\">";
  out += EscapeScript(WriteJson(ToJson(graph)));
  out += "</script>\n<script>";
  out += PageScript();
  return out + "</script>\n</body>\n</html>\n";
}

}  // namespace fairlead::reconcilers::preview
