#include "tests/demo/shop.h"

#include "tests/demo/slice.h"

namespace fairlead::demo {
namespace {

struct Service {
  const char* ns;
  const char* name;
};
constexpr Service kServices[] = {{"shop", "ratings"},   {"shop", "search"},     {"shop", "catalog"},
                                 {"shop", "inventory"}, {"shop", "reviews-v1"}, {"shop", "reviews-v2"},
                                 {"payments", "charge"}};

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
    const auto slice = [&](const char* suffix, int port) {
      return SliceJson({.ns = service.ns, .service = service.name, .suffix = suffix, .port = port});
    };
    out.push_back(slice("1", backends_.at(service.name)->port()));
    if (std::string(service.name) == "catalog") out.push_back(slice("dead", dead_.port()));
  }
  return out;
}

}  // namespace fairlead::demo
