// EnvoyView: what a proxy has and what follows from it: which endpoints, scopes and routes it asks for next.
// The part of FakeEnvoy that knows Envoy's messages. Used by one thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::testing {

using DeltaRequest = envoy::service::discovery::v3::DeltaDiscoveryRequest;
using DeltaResponse = envoy::service::discovery::v3::DeltaDiscoveryResponse;

class EnvoyView {
 public:
  explicit EnvoyView(const FakeEnvoy::Options& options) : options_(options) {}

  // What is in `options.held` names what it named to that one.
  void Inherit(const EnvoyView& before) { references_ = before.references_; }

  // The first requests of a stream, for everything it had in `options.held`.
  std::vector<DeltaRequest> First();

  // Applies the response (or not, if it holds something to be rejected). Out: the answer, then requests for
  // what is newly named.
  struct Outcome {
    FakeEnvoy::Received received;
    bool rejected = false;
    std::vector<DeltaRequest> requests;
  };
  Outcome Apply(const DeltaResponse& response, FakeEnvoy::State* state);

 private:
  struct References {
    std::set<std::string> endpoints;
    std::set<std::string> routes;
    bool scopes = false;
  };
  References Read(xds::Type type, const std::string& bytes) const;
  std::set<std::string> Named(xds::Type type) const;
  bool NamesScopes() const;
  void Follow(std::vector<DeltaRequest>* out);
  DeltaRequest Begin(xds::Type type, const FakeEnvoy::Versions& held);

  const FakeEnvoy::Options& options_;
  bool node_sent_ = false;
  std::array<bool, xds::kTypeCount> asked_{};
  std::array<std::set<std::string>, xds::kTypeCount> subscribed_;
  std::map<xds::ResourceName, References> references_;
};

}  // namespace fairlead::testing
