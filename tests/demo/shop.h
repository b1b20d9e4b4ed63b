// Shop: the sample services behind the Services of config/samples/shop, with their faults.
//
// Who calls: stage and scenes. The demo plays the kubelet and the endpoint controller: it starts the backends
// and writes the EndpointSlices that lead to them. One thread; the backends have threads of their own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "tests/support/backend/backend.h"

namespace fairlead::demo {

inline constexpr std::chrono::milliseconds kSlow{3'000};  // what /slow of `search` takes

class Shop {
 public:
  static Result<std::unique_ptr<Shop>> Open();

  testing::Backend& at(const std::string& service) { return *backends_.at(service); }
  void SetUsualFaults();                            // as the comments in 00-shop.yaml say
  std::vector<std::string> EndpointSlices() const;  // as JSON

 private:
  std::map<std::string, std::unique_ptr<testing::Backend>> backends_;  // by the name of their Service
  testing::DeadPort dead_;
};

}  // namespace fairlead::demo
