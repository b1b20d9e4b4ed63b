// Pod, Node and Namespace (v1), as Fairlead reads them. They travel as Kubernetes protobuf.
#pragma once

#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::core {

struct Pod {
  static constexpr Kind kKind = Kind::kPod;
  ObjectMeta meta;
  std::string service_account;
  std::string node_name;
  bool host_network = false;
  std::string phase;
  bool ready = false;
  std::vector<std::string> ips;  // the first is the primary one
  friend bool operator==(const Pod&, const Pod&) = default;
};

struct Node {
  static constexpr Kind kKind = Kind::kNode;
  ObjectMeta meta;  // labels hold region and zone
  bool ready = false;
  bool unschedulable = false;
  std::vector<std::string> internal_ips;
  friend bool operator==(const Node&, const Node&) = default;
};

struct Namespace {
  static constexpr Kind kKind = Kind::kNamespace;
  ObjectMeta meta;
  friend bool operator==(const Namespace&, const Namespace&) = default;
};

// From JSON (offline input, JSON lists). From protobuf: ParseCoreProtobuf in crds/object/any_object.h.
Parsed<Pod> ParsePod(const JsonNode& object);
Parsed<Node> ParseNode(const JsonNode& object);
Parsed<Namespace> ParseNamespace(const JsonNode& object);

}  // namespace fairlead::core
