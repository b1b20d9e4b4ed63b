// The report as text: a line for each target and place, and one for each step.
#include "reconcilers/failover/report.h"

namespace fairlead::reconcilers::failover {
namespace {

std::string PortsOf(const api::FailoverSource& source) {
  std::string out;
  for (const int port : source.ports) out += (out.empty() ? ":" : ",") + std::to_string(port);
  return out;
}

std::string Since(Timestamp time) { return time.seconds == 0 ? "" : " (since " + time.ToString() + ")"; }

std::string LineOf(size_t number, const api::FailoverStepStatus& step, bool active) {
  std::string out = (active ? "  > " : "    ") + std::to_string(number) + ". " + step.to + ": ";
  out += std::to_string(step.healthy) + " of " + std::to_string(step.endpoints) + " healthy, gets " +
         std::to_string(step.percent) + " %";
  if (!step.missing.empty()) out += "; " + step.missing + Since(step.since);
  return out + "\n";
}

}  // namespace

std::string ToText(const std::vector<api::FailoverSource>& sources) {
  std::string out;
  for (const api::FailoverSource& source : sources) {
    const ObjectKey target{source.kind, source.ns, source.name};
    out += target.ToString() + PortsOf(source) + " from " + ToString(source.from);
    if (source.since.seconds != 0)
      out += ", " + (source.active == 0 ? "nowhere" : "to step " + std::to_string(source.active)) +
             Since(source.since);
    out += "\n";
    for (size_t i = 0; i < source.steps.size(); ++i)
      out += LineOf(i + 1, source.steps[i], static_cast<int>(i) + 1 == source.active);
    if (source.unserved > 0) {
      out += "    " + std::to_string(source.unserved) + " % of the requests are answered 503\n";
    }
    if (source.unreached > 0) {
      out += "    no step names " + std::to_string(source.unreached) +
             (source.unreached == 1 ? " endpoint\n" : " endpoints\n");
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers::failover
