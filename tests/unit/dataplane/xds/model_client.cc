#include "tests/unit/dataplane/xds/model_client.h"

#include <algorithm>

namespace fairlead::xds {

void ModelClient::Subscribe(Type type, const std::string& name) {
  PerType& t = Of(type);
  Request request;
  request.type_url = TypeUrl(type);
  if (name.empty() || name == "*") {
    t.wildcard = true;
    if (name == "*") request.subscribe = {"*"};
  } else {
    t.names.insert(name);
    if (t.requested || !t.recorded.contains(name)) t.waiting.insert(name);
    request.subscribe = {name};
  }
  t.requested = true;
  requests.push_back(std::move(request));
}

void ModelClient::Unsubscribe(Type type, const std::string& name) {
  PerType& t = Of(type);
  Request request;
  request.type_url = TypeUrl(type);
  request.unsubscribe = {name};
  requests.push_back(std::move(request));
  t.requested = true;
  const auto drop = [&t](const std::string& n) {
    t.actual.erase(n);
    t.recorded.erase(n);
    t.waiting.erase(n);
    t.dropped.insert(n);
  };
  if (name == "*") {
    t.wildcard = false;
    std::set<std::string> dropped;
    for (const auto& [n, r] : t.actual) {
      if (!t.names.contains(n)) dropped.insert(n);
    }
    for (const std::string& n : t.waiting) {
      if (!t.names.contains(n)) dropped.insert(n);
    }
    for (const std::string& n : dropped) drop(n);
  } else if (t.names.erase(name) > 0) {
    if (t.wildcard) {
      t.waiting.insert(name);  // is it still ours, by the wildcard?
    } else {
      drop(name);
    }
  }
}

void ModelClient::Pause(Type type, bool paused) {
  PerType& t = Of(type);
  t.paused = paused;
  if (paused) return;
  for (Request& answer : t.held_answers) requests.push_back(std::move(answer));
  t.held_answers.clear();
}

void ModelClient::Reconnect() {
  requests.clear();
  received = 0;
  for (size_t i = 0; i < kTypeCount; ++i) {
    PerType& t = types_[i];
    t.requested = false;
    t.waiting.clear();
    t.paused = false;
    t.held_answers.clear();
    if (!t.wildcard && t.names.empty()) continue;
    Request request;
    request.type_url = TypeUrl(static_cast<Type>(i));
    request.initial_versions = t.recorded;
    request.subscribe.assign(t.names.begin(), t.names.end());
    if (t.wildcard) request.subscribe.push_back("*");
    for (const std::string& name : t.names) {
      if (!t.recorded.contains(name)) t.waiting.insert(name);
    }
    t.requested = true;
    requests.push_back(std::move(request));
  }
}

void ModelClient::Apply(PerType* t, const ResourcePtr& resource, bool record) {
  const std::string& name = resource->name.name;
  if (!t->wildcard && !t->names.contains(name)) return;
  t->actual[name] = resource;
  t->dropped.erase(name);
  if (record) t->recorded[name] = resource->version();
}

// Make before break: what it needs is there already, as far as there was something.
std::string ModelClient::CheckResource(const Delivery& delivery, const Resource& resource) {
  const Resource* had = Actual(resource.name);
  if ((had && had->version() == resource.version()) || !Interested(resource.name)) return "";
  for (const ResourceName& need : resource.needs) {
    if (delivery.audience.contains(need) && Interested(need) && !Actual(need) && need != resource.name &&
        !Of(need.type).dropped.contains(need.name)) {
      return resource.name.ToString() + " came before " + need.ToString();
    }
  }
  return "";
}

std::string ModelClient::CheckRemoval(const Delivery& delivery, const ResourceName& name) {
  if (!Actual(name)) return "";
  for (PerType& t : types_) {
    for (const auto& [n, holder] : t.actual) {
      if (std::find(holder->needs.begin(), holder->needs.end(), name) == holder->needs.end()) continue;
      const auto current = delivery.audience.find(holder->name);
      if (current != delivery.audience.end() && current->second == holder->version())
        continue;  // the audience's word
      if (holder->name == name) continue;
      return name.ToString() + " was removed while " + holder->name.ToString() + " needs it";
    }
  }
  return "";
}

std::string ModelClient::Receive(const Delivery& delivery) {
  const Response& response = delivery.response;
  PerType& t = Of(response.type);
  std::set<std::string> seen;
  bool bad = false;
  if (!response.resources.empty() && !response.removed.empty())
    return "resources and removals in one response";
  for (const ResourcePtr& resource : response.resources) {
    ++received;
    if (resource->name.type != response.type) return "a resource of another type";
    if (!seen.insert(resource->name.name).second)
      return "twice in one response: " + resource->name.ToString();
    if (std::string error = CheckResource(delivery, *resource); !error.empty()) return error;
    bad = bad || IsBad(*resource);
    t.waiting.erase(resource->name.name);
  }
  for (const std::string& name : response.removed) {
    if (!seen.insert(name).second) return "twice in one response: " + name;
    if (std::string error = CheckRemoval(delivery, {response.type, name}); !error.empty()) return error;
    t.waiting.erase(name);
    t.actual.erase(name);
    t.recorded.erase(name);
  }
  const bool all_good_ones = response.type == Type::kCluster || response.type == Type::kListener;
  for (const ResourcePtr& resource : response.resources) {
    if (IsBad(*resource)) {
      if (all_good_ones) continue;
      break;
    }
    if (!bad || apply_parts_) Apply(&t, resource, !bad);
  }
  Request answer;
  answer.type_url = TypeUrl(response.type);
  answer.response_nonce = response.nonce;
  if (bad) answer.error_detail = "bad resource";
  (t.paused ? t.held_answers : requests).push_back(std::move(answer));
  return "";
}

}  // namespace fairlead::xds
