// An Explanation as JSON and as text.
#include "reconcilers/explain.h"

namespace fairlead::reconcilers {
namespace {

Json::Value Strings(const std::vector<std::string>& items) {
  Json::Value out(Json::arrayValue);
  for (const std::string& item : items) out.append(item);
  return out;
}

Json::Value ToJson(const ExplainedLoss& loss) {
  Json::Value lost(Json::objectValue);
  lost["object"] = loss.object;
  lost["level"] = std::string(ToString(loss.level));
  lost["value"] = loss.value;
  lost["because"] = "the winner " + loss.reason;
  return lost;
}

Json::Value ToJson(const ExplainedField& field) {
  Json::Value out(Json::objectValue);
  out["field"] = field.path;
  out["value"] = field.value;
  out["level"] = std::string(ToString(field.level));
  if (!field.object.empty()) out["from"] = field.object;
  if (field.is_override) out["override"] = true;
  for (const ExplainedLoss& loss : field.lost) out["lost"].append(ToJson(loss));
  return out;
}

Json::Value ToJson(const ExplainedFailover& failover) {
  Json::Value out(Json::objectValue);
  out["from"] = failover.object;
  out["level"] = std::string(ToString(failover.level));
  out["order"] = failover.order;
  if (failover.is_override) out["override"] = true;
  if (!failover.problem.empty()) out["problem"] = failover.problem;
  if (!failover.drill.empty()) out["drill"] = failover.drill;
  for (const ExplainedLoss& loss : failover.lost) out["lost"].append(ToJson(loss));
  return out;
}

Json::Value ToJson(const ExplainedRule& rule) {
  Json::Value out(Json::objectValue);
  out["route"] = rule.route;
  out["rule"] = rule.index;
  if (!rule.name.empty()) out["name"] = rule.name;
  out["matches"] = Strings(rule.matches);
  out["backends"] = Strings(rule.backends);
  out["fields"] = Json::Value(Json::arrayValue);
  for (const ExplainedField& field : rule.fields) out["fields"].append(ToJson(field));
  if (!rule.warnings.empty()) out["warnings"] = Strings(rule.warnings);
  return out;
}

Json::Value ToJson(const ExplainedService& service) {
  Json::Value out(Json::objectValue);
  out["service"] = service.key.ToString();
  if (!service.waypoint.empty()) out["waypoint"] = service.waypoint;
  if (!service.problem.empty()) out["problem"] = service.problem;
  if (!service.workspace.empty()) {
    out["workspace"] = service.workspace;
    out["callers"] = service.callers;
  }
  out["ports"] = Json::Value(Json::arrayValue);
  for (const ExplainedPort& port : service.ports) {
    Json::Value item(Json::objectValue);
    item["port"] = port.port;
    if (!port.name.empty()) item["name"] = port.name;
    item["protocol"] = std::string(ToString(port.protocol));
    if (port.failover) item["failover"] = ToJson(*port.failover);
    item["rules"] = Json::Value(Json::arrayValue);
    for (const ExplainedRule& rule : port.rules) item["rules"].append(ToJson(rule));
    out["ports"].append(std::move(item));
  }
  return out;
}

std::string Lines(const char* indent, const char* what, const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += std::string(indent) + what + item + "\n";
  return out;
}

// "RetryTimeoutPolicy shop/x (Service, Override)"
std::string From(const std::string& object, Level level, bool is_override) {
  return object + " (" + std::string(ToString(level)) + (is_override ? ", Override)" : ")");
}

std::string LossText(const std::vector<ExplainedLoss>& lost) {
  std::string out;
  for (const ExplainedLoss& loss : lost) {
    out += "        lost: " + loss.value + " of " + From(loss.object, loss.level, false) + ": the winner " +
           loss.reason + "\n";
  }
  return out;
}

std::string RuleText(const ExplainedRule& rule) {
  std::string out = "    " + rule.route;
  if (!rule.route.starts_with("Service")) {
    out += " rule " + std::to_string(rule.index) + (rule.name.empty() ? "" : " (" + rule.name + ")");
  }
  out += "\n" + Lines("      ", "match   ", rule.matches) + Lines("      ", "backend ", rule.backends);
  if (rule.fields.empty()) out += "      nothing is set: one try, no timeout\n";
  for (const ExplainedField& field : rule.fields) {
    out += "      " + field.path + ": " + field.value + "  <- ";
    out += field.object.empty() ? "default" : From(field.object, field.level, field.is_override);
    out += "\n" + LossText(field.lost);
  }
  return out + Lines("      ", "warning: ", rule.warnings);
}

std::string FailoverText(const ExplainedFailover& failover) {
  std::string out = "    failover: " + failover.order + "  <- " +
                    From(failover.object, failover.level, failover.is_override) + "\n" +
                    LossText(failover.lost);
  if (!failover.problem.empty()) out += "      NO EFFECT: " + failover.problem + "\n";
  if (!failover.drill.empty()) out += "      drill: " + failover.drill + "\n";
  return out;
}

}  // namespace

Json::Value ToJson(const Explanation& explanation) {
  Json::Value out(Json::objectValue);
  out["object"] = explanation.key.ToString();
  if (!explanation.problem.empty()) out["problem"] = explanation.problem;
  out["services"] = Json::Value(Json::arrayValue);
  for (const ExplainedService& service : explanation.services) out["services"].append(ToJson(service));
  return out;
}

std::string ToText(const Explanation& explanation) {
  std::string out = explanation.key.ToString() + "\n";
  if (!explanation.problem.empty()) out += "  " + explanation.problem + "\n";
  for (const ExplainedService& service : explanation.services) {
    if (service.key != explanation.key) out += "  at " + service.key.ToString() + "\n";
    out += service.waypoint.empty() ? "" : "  waypoint " + service.waypoint + "\n";
    if (!service.workspace.empty())
      out += "  workspace " + service.workspace + "\n  callers " + service.callers + "\n";
    if (!service.problem.empty()) out += "  NO EFFECT: " + service.problem + "\n";
    for (const ExplainedPort& port : service.ports) {
      out += "  port " + std::to_string(port.port) + (port.name.empty() ? "" : " (" + port.name + ")") + " " +
             std::string(ToString(port.protocol)) + "\n";
      if (port.failover) out += FailoverText(*port.failover);
      for (const ExplainedRule& rule : port.rules) out += RuleText(rule);
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers
