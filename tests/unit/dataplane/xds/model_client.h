// ModelClient: a delta-xDS client as Envoy is one, without sockets, for the model check of Session.
//
// It keeps what it applied (`actual`) apart from what it would report on a reconnect (`recorded`): a response
// with a bad resource is answered by a NACK, but clusters and listeners that are good are applied all the
// same, endpoints and routes up to the bad one. Used by one thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "dataplane/xds/session.h"

namespace fairlead::xds {

using VersionMap = std::map<ResourceName, std::string>;

// A response on its way, with what the audience had when it was sent.
struct Delivery {
  Response response;
  VersionMap audience;
};

class ModelClient {
 public:
  struct PerType {
    bool requested = false;  // on this stream
    bool wildcard = false;
    std::set<std::string> names;
    std::map<std::string, ResourcePtr> actual;
    std::map<std::string, std::string> recorded;
    std::set<std::string> dropped;  // by its own will, not had since
    std::set<std::string> waiting;  // asked for (again) on this stream, no word yet
    bool paused = false;            // answers are held back
    std::deque<Request> held_answers;
  };

  explicit ModelClient(bool apply_parts) : apply_parts_(apply_parts) {}

  static bool IsBad(const Resource& resource) { return resource.Wire().find("bad") != std::string::npos; }

  void Subscribe(Type type,
                 const std::string& name);  // "*": wildcard; "": legacy wildcard, first request only
  void Unsubscribe(Type type, const std::string& name);
  void Pause(Type type, bool paused);
  void Reconnect();  // the first requests of the new stream are queued

  // What is wrong with the response, or empty. The answer is queued.
  std::string Receive(const Delivery& delivery);

  PerType& Of(Type type) { return types_[static_cast<size_t>(type)]; }
  bool Interested(const ResourceName& name) {
    return Of(name.type).wildcard || Of(name.type).names.contains(name.name);
  }
  const Resource* Actual(const ResourceName& name) {
    const auto it = Of(name.type).actual.find(name.name);
    return it == Of(name.type).actual.end() ? nullptr : it->second.get();
  }

  std::deque<Request> requests;  // to the server
  size_t received = 0;           // resources on this stream

 private:
  std::string CheckResource(const Delivery& delivery, const Resource& resource);
  std::string CheckRemoval(const Delivery& delivery, const ResourceName& name);
  void Apply(PerType* t, const ResourcePtr& resource, bool record);

  bool apply_parts_;
  std::array<PerType, kTypeCount> types_;
};

}  // namespace fairlead::xds
