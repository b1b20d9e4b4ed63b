#include "tests/demo/shop.h"

#include "crds/base/json_write.h"

namespace fairlead::demo {
namespace {

struct Service {
  const char* ns;
  const char* name;
};
constexpr Service kServices[] = {{"shop", "ratings"},   {"shop", "search"},     {"shop", "catalog"},
                                 {"shop", "inventory"}, {"shop", "reviews-v1"}, {"shop", "reviews-v2"},
                                 {"payments", "charge"}};

// One slice an endpoint: the endpoints of a slice share their port.
std::string SliceOf(const Service& service, const std::string& suffix, int port) {
  Json::Value slice;
  slice["apiVersion"] = "discovery.k8s.io/v1";
  slice["kind"] = "EndpointSlice";
  slice["metadata"]["name"] = std::string(service.name) + "-" + suffix;
  slice["metadata"]["namespace"] = service.ns;
  slice["metadata"]["labels"]["kubernetes.io/service-name"] = service.name;
  slice["addressType"] = "IPv4";
  slice["ports"][0]["name"] = "http";
  slice["ports"][0]["port"] = port;
  slice["ports"][0]["protocol"] = "TCP";
  slice["endpoints"][0]["addresses"][0] = "127.0.0.1";
  slice["endpoints"][0]["conditions"]["ready"] = true;
  return WriteJson(slice);
}

}  // namespace

Result<std::unique_ptr<Shop>> Shop::Open() {
  auto shop = std::make_unique<Shop>();
  for (const Service& service : kServices) {
    Result<std::unique_ptr<testing::Backend>> backend = testing::Backend::Start(service.name);
    if (!backend) return Unexpected(backend.error());
    shop->backends_[service.name] = std::move(*backend);
  }
  shop->SetUsualFaults();
  return shop;
}

void Shop::SetUsualFaults() {
  for (const char* name : {"ratings", "reviews-v1", "reviews-v2"}) at(name).Set({.fail_every = 3});
  at("search").Set({.slow_path = "/slow", .slow = kSlow});
  for (const char* name : {"inventory", "charge"}) at(name).Set({.reset_every = 2});
}

std::vector<std::string> Shop::EndpointSlices() const {
  std::vector<std::string> out;
  for (const Service& service : kServices) {
    out.push_back(SliceOf(service, "1", backends_.at(service.name)->port()));
    if (std::string(service.name) == "catalog") out.push_back(SliceOf(service, "dead", dead_.port()));
  }
  return out;
}

}  // namespace fairlead::demo
