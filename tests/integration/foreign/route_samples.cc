#include "tests/integration/foreign/route_samples.h"

namespace fairlead::testing {

const std::vector<Sample>& RouteSamples() {
  static const std::vector<Sample> samples = {
      {Kind::kHTTPRoute, R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "bare", "namespace": "shop"}, "spec": {}})"},
      {Kind::kHTTPRoute, R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "defaults", "namespace": "shop"}, "spec": {
          "parentRefs": [{"name": "gw"}],
          "rules": [{"backendRefs": [{"name": "a", "port": 80}], "matches": [{}, {"path": {"value": "/x"}},
            {"headers": [{"name": "h", "value": "v"}], "queryParams": [{"name": "q", "value": "v"}]}]},
           {"filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "h.example"}}]},
           {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"]}},
                        {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 80},
                         "fraction": {"numerator": 1}}}]}]}})"},
      {Kind::kHTTPRoute, R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "full", "namespace": "shop", "labels": {"a": "b"}}, "spec": {
          "useDefaultGateways": "All", "hostnames": ["a.example", "*.b.example"],
          "parentRefs": [{"group": "", "kind": "Service", "namespace": "shop", "name": "ratings", "port": 8080}],
          "rules": [{"name": "main",
            "matches": [{"path": {"type": "Exact", "value": "/a"}, "method": "GET",
              "headers": [{"type": "RegularExpression", "name": "x", "value": "^v[0-9]+$"}],
              "queryParams": [{"type": "RegularExpression", "name": "q", "value": ".*"}]},
              {"path": {"type": "RegularExpression", "value": "/v[12]/.*"}}],
            "filters": [
              {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "A", "value": "1"}],
                "add": [{"name": "B", "value": "2"}], "remove": ["C"]}},
              {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["D"]}},
              {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 81}, "percent": 42}},
              {"type": "CORS", "cors": {"allowOrigins": ["https://a.example"], "allowMethods": ["GET"],
                "allowHeaders": ["x"], "exposeHeaders": ["y"], "allowCredentials": true, "maxAge": 60}},
              {"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC", "grpc": {},
                "backendRef": {"name": "auth", "port": 9000}}},
              {"type": "ExtensionRef", "extensionRef": {"group": "x.example", "kind": "Y", "name": "z"}}],
            "backendRefs": [{"name": "ratings-v1", "port": 8080, "weight": 90, "filters": [
                {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}]},
              {"name": "ratings-v2", "port": 8080, "weight": 0},
              {"group": "networking.istio.io", "kind": "Hostname", "name": "c.example", "port": 443}],
            "timeouts": {"request": "10s", "backendRequest": "1s500ms"},
            "retry": {"codes": [500, 503], "attempts": 3, "backoff": "100ms"},
            "sessionPersistence": {"sessionName": "s"}},
           {"matches": [{"path": {"type": "PathPrefix", "value": "/p"}}],
            "filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "r.example",
              "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/q"}}}]},
           {"matches": [{"path": {"type": "PathPrefix", "value": "/r"}}],
            "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "port": 8443,
              "statusCode": 301, "path": {"type": "ReplaceFullPath", "replaceFullPath": "/s"}}}]}]}})"},
      {Kind::kGRPCRoute, R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute",
        "metadata": {"name": "full", "namespace": "shop"}, "spec": {
          "parentRefs": [{"group": "", "kind": "Service", "name": "ratings", "sectionName": "grpc"}], "hostnames": ["h"],
          "rules": [{"name": "main", "matches": [
              {"method": {"service": "shop.Ratings", "method": "Get"}, "headers": [{"name": "v", "value": "1"}]},
              {"method": {"type": "RegularExpression", "service": "shop[.].*"}}],
            "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["a"]}}],
            "backendRefs": [{"name": "ratings", "port": 9000}], "sessionPersistence": {}}, {}]}})"},
      {Kind::kGateway, R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "waypoint", "namespace": "shop", "annotations": {"networking.istio.io/service-type": "ClusterIP"}},
        "spec": {"gatewayClassName": "istio-waypoint", "addresses": [{"value": "10.0.0.1"}],
          "infrastructure": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
          "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"},
            {"name": "some", "port": 81, "protocol": "HTTP", "hostname": "*.example", "allowedRoutes": {
              "kinds": [{"kind": "HTTPRoute"}], "namespaces": {"from": "Selector", "selector": {
                "matchLabels": {"team": "shop"},
                "matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev"]}]}}}}]}})"},
      {Kind::kServiceEntry, R"({"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
        "metadata": {"name": "api", "namespace": "shop"}, "spec": {"hosts": ["api.example"], "addresses": ["10.2.0.0/16"],
          "ports": [{"number": 443, "name": "https", "protocol": "TLS", "targetPort": 8443}],
          "location": "MESH_INTERNAL", "resolution": "STATIC", "exportTo": ["."], "subjectAltNames": ["spiffe://a/b"],
          "endpoints": [{"address": "10.3.0.1", "ports": {"https": 8080}, "labels": {"v": "1"}, "network": "n1",
                         "locality": "eu/eu-1/a", "weight": 7, "serviceAccount": "sa"}]}})"},
  };
  return samples;
}

}  // namespace fairlead::testing
