// What the tests of the Catalog share: resources of little content, and proxies that do as they are told.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/xds/catalog.h"
#include "tests/support/fake_clock.h"

namespace fairlead::xds {

inline const Audience kShop{"shop", "waypoint"};
inline const Audience kBank{"bank", "waypoint"};
inline const ObjectKey kPolicy{Kind::kRetryTimeoutPolicy, "shop", "retries"};
inline const ObjectKey kOther{Kind::kRetryTimeoutPolicy, "shop", "timeouts"};
inline const ObjectKey kService{Kind::kService, "shop", "ratings"};

inline ResourcePtr Cluster(const std::string& name, const std::string& content,
                           std::vector<Source> sources = {}) {
  return MakeResource({Type::kCluster, name}, content, {}, std::move(sources));
}
inline ResourcePtr Route(const std::string& name, const std::string& content,
                         std::vector<ResourceName> needs) {
  return MakeResource({Type::kRoute, name}, content, std::move(needs), {{kPolicy, 1}});
}
inline Update For(const Audience& audience, std::vector<ResourcePtr> added) {
  Update update;
  update.audiences[audience].changed = std::move(added);
  return update;
}

// A proxy that does as it is told.
struct Proxy {
  Proxy(Catalog* catalog, const std::string& id, const Audience& audience, const api::Locality& locality = {})
      : stream(catalog->Attach({id, audience, "envoy/1.35", locality}, [this] { ++wakes; })) {}

  void Ask(Type type, std::vector<std::string> names = {}, std::map<std::string, std::string> versions = {}) {
    Request request;
    request.type_url = TypeUrl(type);
    request.subscribe = std::move(names);
    request.initial_versions = std::move(versions);
    ASSERT_TRUE(stream->OnRequest(request));
  }
  void Answer(const Response& response, std::optional<std::string> error = std::nullopt) {
    Request request;
    request.type_url = TypeUrl(response.type);
    request.response_nonce = response.nonce;
    request.error_detail = std::move(error);
    ASSERT_TRUE(stream->OnRequest(request));
  }
  std::vector<std::string> Receive(std::optional<std::string> error = std::nullopt) {
    std::vector<std::string> out;
    while (auto response = stream->Next()) {
      for (const ResourcePtr& r : response->resources) out.push_back("+" + r->name.ToString());
      for (const std::string& name : response->removed)
        out.push_back("-" + std::string(ToString(response->type)) + " " + name);
      Answer(*response, error);
    }
    return out;
  }

  int wakes = 0;
  std::unique_ptr<Stream> stream;
};

class CatalogTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  Catalog catalog_{clock_};
};

}  // namespace fairlead::xds
