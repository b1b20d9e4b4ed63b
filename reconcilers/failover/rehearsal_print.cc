// A rehearsal as text in columns, and as JSON.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reconcilers/failover/rehearsal.h"

namespace fairlead::reconcilers::failover {
namespace {

using Row = std::vector<std::string>;

// "12.5%", "80%"; what is there is never printed as nothing.
std::string Percent(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1%";
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", percent);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out + "%";
}

std::string Change(const std::string& now, const std::string& then) {
  return now == then ? now : now + " -> " + then;
}

std::string Healthy(int endpoints, int now, int then) {
  if (endpoints == 0) return "no endpoints";
  return Change(std::to_string(now), std::to_string(then)) + " of " + std::to_string(endpoints) + " healthy";
}

// Columns as wide as their widest cell; nothing behind the last.
std::string Columns(const std::vector<Row>& rows, const std::string& indent) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = indent;
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string Factor(const PlaceLoad& load) {
  if (load.healthy_then == 0) return load.healthy_now == 0 ? "" : "down";
  if (load.then == load.now) return "";
  if (load.now == 0) return "new load";
  if (load.then == 0) return "idle";
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f times", load.then / load.now);
  return text;
}

std::string SourceText(const SourceForecast& source) {
  std::string out = "  from " + ToString(source.from) + (source.labels.empty() ? "" : ", " + source.labels) +
                    (source.down ? ", which is down then" : "") + "\n";
  std::vector<Row> rows;
  for (size_t i = 0; i < source.steps.size(); ++i) {
    const StepForecast& step = source.steps[i];
    const std::string now = Percent(step.now);
    rows.push_back({std::to_string(i + 1), step.name,
                    Healthy(step.endpoints, step.healthy_now, step.healthy_then),
                    source.down ? now : Change(now, Percent(step.then))});
  }
  if (source.nowhere_now > 0 || (source.nowhere_then > 0 && !source.down)) {
    const std::string now = Percent(source.nowhere_now);
    rows.push_back(
        {"-", "no place to go", "", source.down ? now : Change(now, Percent(source.nowhere_then))});
  }
  out += Columns(rows, "    ");
  if (source.unreached > 0)
    out += "    " + std::to_string(source.unreached) +
           (source.unreached == 1 ? " endpoint is" : " endpoints are") +
           " in no step, and would get nothing\n";
  return out;
}

std::string Loud(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string PortsText(const std::vector<uint16_t>& ports) {
  std::string out;
  for (uint16_t port : ports) out += (out.empty() ? "" : ", ") + std::to_string(port);
  return (ports.size() == 1 ? " port " : " ports ") + out;
}

std::string TargetText(const TargetForecast& target) {
  std::string out = target.service.ToString() + PortsText(target.ports) + ", by " + target.policy.ToString();
  out += target.stranded ? ": " + Loud(WhyStranded(target)) + "\n" : "\n";
  if (!target.not_carried.empty()) out += "  not in force today: " + target.not_carried + "\n";
  if (!target.drill.empty()) out += "  " + target.drill + "\n";
  for (const SourceForecast& source : target.sources) out += SourceText(source);
  out += "  load of one healthy endpoint, in percent of all requests\n";
  std::vector<Row> rows;
  for (const PlaceLoad& load : target.places) {
    rows.push_back({ToString(load.place), Healthy(load.endpoints, load.healthy_now, load.healthy_then),
                    Change(Percent(load.now), Percent(load.then)), Factor(load)});
  }
  return out + (rows.empty() ? "    there are no endpoints\n" : Columns(rows, "    "));
}

Json::Value PlaceJson(const api::Locality& place) {
  Json::Value out(Json::objectValue);
  if (!place.cluster.empty()) out["cluster"] = place.cluster;
  if (!place.region.empty()) out["region"] = place.region;
  if (!place.zone.empty()) out["zone"] = place.zone;
  if (!place.subzone.empty()) out["subzone"] = place.subzone;
  return out;
}

// Percent with two decimals: the same on every machine.
double Rounded(double share) { return static_cast<double>(std::llround(share * 10000)) / 100; }

Json::Value NowAndThen(double now, double then) {
  Json::Value out(Json::objectValue);
  out["now"] = Rounded(now);
  out["then"] = Rounded(then);
  return out;
}

Json::Value HealthyJson(int now, int then) {
  Json::Value out(Json::objectValue);
  out["now"] = now;
  out["then"] = then;
  return out;
}

Json::Value SourceJson(const SourceForecast& source) {
  Json::Value out(Json::objectValue);
  out["from"] = PlaceJson(source.from);
  if (!source.labels.empty()) out["labels"] = source.labels;
  out["down"] = source.down;
  out["steps"] = Json::Value(Json::arrayValue);
  for (const StepForecast& step : source.steps) {
    Json::Value item(Json::objectValue);
    item["to"] = step.name;
    item["endpoints"] = step.endpoints;
    item["healthy"] = HealthyJson(step.healthy_now, step.healthy_then);
    item["percent"] = NowAndThen(step.now, step.then);
    out["steps"].append(item);
  }
  out["noPlacePercent"] = NowAndThen(source.nowhere_now, source.nowhere_then);
  out["endpointsInNoStep"] = source.unreached;
  return out;
}

Json::Value TargetJson(const TargetForecast& target) {
  Json::Value out(Json::objectValue);
  out["service"] = target.service.ToString();
  for (uint16_t port : target.ports) out["ports"].append(port);
  out["policy"] = target.policy.ToString();
  out["noPlaceToGo"] = target.stranded;
  out["inForce"] = target.not_carried.empty();
  if (!target.not_carried.empty()) out["notInForce"] = target.not_carried;
  if (!target.drill.empty()) out["drill"] = target.drill;
  if (target.waypoint) out["waypoint"] = target.waypoint->ToString();
  out["everySourceDown"] = target.everything_down;
  out["sources"] = Json::Value(Json::arrayValue);
  for (const SourceForecast& source : target.sources) out["sources"].append(SourceJson(source));
  out["places"] = Json::Value(Json::arrayValue);
  for (const PlaceLoad& load : target.places) {
    Json::Value item(Json::objectValue);
    item["place"] = PlaceJson(load.place);
    item["endpoints"] = load.endpoints;
    item["healthy"] = HealthyJson(load.healthy_now, load.healthy_then);
    item["percentOfOneEndpoint"] = NowAndThen(load.now, load.then);
    out["places"].append(item);
  }
  return out;
}

}  // namespace

std::string WhyStranded(const TargetForecast& target) {
  if (target.everything_down)
    return target.waypoint ? "its waypoint would be down" : "no place that requests come from would be left";
  return target.stranded ? "some requests have no place to go" : "";
}

std::string Question(const Rehearsal& rehearsal) {
  std::string out = "What if";
  for (size_t i = 0; i < rehearsal.outages.size(); ++i)
    out += (i == 0 ? " " : " and ") + rehearsal.outages[i].ToString();
  return out + (rehearsal.outages.size() == 1 ? " were down" : " were down together");
}

std::string ToText(const Rehearsal& rehearsal) {
  std::string out = Question(rehearsal) + ".\n";
  out +=
      "Requests are those of this cluster, from where the proxies of a service's waypoint run; where that is "
      "not\n"
      "known, from every place that is. Each place is taken to send as many as any other; those of a place "
      "that is\n"
      "down come from the others then.\n";
  for (const TargetForecast& target : rehearsal.targets) out += "\n" + TargetText(target);
  return out;
}

Json::Value ToJson(const Rehearsal& rehearsal) {
  Json::Value out(Json::objectValue);
  for (const Outage& outage : rehearsal.outages) out["down"].append(outage.ToString());
  out["noPlaceToGo"] = rehearsal.stranded;
  out["targets"] = Json::Value(Json::arrayValue);
  for (const TargetForecast& target : rehearsal.targets) out["targets"].append(TargetJson(target));
  return out;
}

}  // namespace fairlead::reconcilers::failover
