#include "tests/demo/slice.h"

#include "crds/base/json_write.h"

namespace fairlead::demo {

std::string SliceJson(const SliceOf& from) {
  Json::Value slice;
  slice["apiVersion"] = "discovery.k8s.io/v1";
  slice["kind"] = "EndpointSlice";
  slice["metadata"]["name"] = from.service + "-" + from.suffix;
  slice["metadata"]["namespace"] = from.ns;
  slice["metadata"]["labels"]["kubernetes.io/service-name"] = from.service;
  slice["addressType"] = "IPv4";
  slice["ports"][0]["name"] = "http";
  slice["ports"][0]["port"] = from.port;
  slice["ports"][0]["protocol"] = "TCP";
  slice["endpoints"][0]["addresses"][0] = "127.0.0.1";
  slice["endpoints"][0]["conditions"]["ready"] = from.ready;
  if (!from.node.empty()) slice["endpoints"][0]["nodeName"] = from.node;
  return WriteJson(slice);
}

}  // namespace fairlead::demo
