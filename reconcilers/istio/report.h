// What became of the objects that istiod is to read for a service, told to World by whoever writes them.
#pragma once

#include <string>
#include <vector>

namespace fairlead::reconcilers {

struct IstioReport {
  std::string problem;              // empty: they are there as they should be; else why not, and the way out
  std::vector<std::string> limits;  // there, but for these
  std::string failover_problem;     // as `problem`, of what carries a FailoverPolicy
  friend bool operator==(const IstioReport&, const IstioReport&) = default;
};

}  // namespace fairlead::reconcilers
