// The built-in kinds: one row each, and the lists in them that are merged by key.
#include "tests/support/apiserver/registry.h"

namespace fairlead::apiserver {
namespace {

enum Flag : unsigned {
  kCluster = 1,       // cluster-scoped
  kStatus = 2,        // has the subresource status
  kGeneration = 4,    // counts metadata.generation
  kConditional = 8,   // PUT wants a resourceVersion
  kCreateOnPut = 16,  // PUT creates what is absent
  kReturns = 32,      // DELETE answers with the object
  kAll = 64,          // category "all"
  kScale = 128,       // has the subresource scale in the real server (not here)
};

struct Row {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  unsigned flags;
  const char* short_names;  // separated by commas
  const char* columns;      // name|type|path|priority;…  besides Name and Age
};

constexpr Row kRows[] = {
    {"", "v1", "ConfigMap", "configmaps", 0, "cm", "Data|string|@configmap-data"},
    {"", "v1", "Endpoints", "endpoints", kCreateOnPut, "ep", "Endpoints|string|@endpoints"},
    {"", "v1", "Event", "events", kCreateOnPut, "ev",
     "Last Seen|string|.lastTimestamp;Type|string|.type;Reason|string|.reason;Object|string|@event-object;"
     "Message|string|.message"},
    {"", "v1", "Namespace", "namespaces", kCluster | kStatus | kReturns, "ns", "Status|string|.status.phase"},
    {"", "v1", "Node", "nodes", kCluster | kStatus, "no",
     "Status|string|@node-status;Roles|string|@node-roles;Version|string|.status.nodeInfo.kubeletVersion"},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", kStatus | kReturns, "pvc",
     "Status|string|.status.phase"},
    {"", "v1", "Pod", "pods", kStatus | kGeneration | kReturns | kAll, "po",
     "Ready|string|@pod-ready;Status|string|@pod-status;Restarts|string|@pod-restarts;IP|string|.status."
     "podIP|1;"
     "Node|string|.spec.nodeName|1"},
    {"", "v1", "ResourceQuota", "resourcequotas", kStatus | kReturns, "quota", ""},
    {"", "v1", "LimitRange", "limitranges", kCreateOnPut, "limits", ""},
    {"", "v1", "Secret", "secrets", 0, "", "Type|string|.type;Data|string|@secret-data"},
    {"", "v1", "Service", "services", kStatus | kCreateOnPut | kReturns | kAll, "svc",
     "Type|string|.spec.type;Cluster-IP|string|.spec.clusterIP;External-IP|string|@external-ip;"
     "Port(s)|string|@service-ports;Selector|string|@service-selector|1"},
    {"", "v1", "ServiceAccount", "serviceaccounts", kReturns, "sa", ""},
    {"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
     kCluster | kGeneration | kConditional, "", "Webhooks|integer|@webhooks"},
    {"admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies",
     kCluster | kStatus | kGeneration | kConditional, "", ""},
    {"admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding",
     "validatingadmissionpolicybindings", kCluster | kGeneration | kConditional, "",
     "PolicyName|string|.spec.policyName"},
    {"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration",
     "validatingwebhookconfigurations", kCluster | kGeneration | kConditional, "",
     "Webhooks|integer|@webhooks"},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
     kCluster | kStatus | kGeneration | kConditional, "crd,crds",
     "Created At|date|.metadata.creationTimestamp"},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", 0, "", ""},
    {"apps", "v1", "DaemonSet", "daemonsets", kStatus | kGeneration | kAll, "ds",
     "Desired|integer|.status.desiredNumberScheduled;Current|integer|.status.currentNumberScheduled;"
     "Ready|integer|.status.numberReady;Up-to-date|integer|.status.updatedNumberScheduled;"
     "Available|integer|.status.numberAvailable"},
    {"apps", "v1", "Deployment", "deployments", kStatus | kGeneration | kAll | kScale, "deploy",
     "Ready|string|@replicas-ready;Up-to-date|integer|.status.updatedReplicas;"
     "Available|integer|.status.availableReplicas"},
    {"apps", "v1", "ReplicaSet", "replicasets", kStatus | kGeneration | kAll | kScale, "rs",
     "Desired|integer|.spec.replicas;Current|integer|.status.replicas;Ready|integer|.status.readyReplicas"},
    {"apps", "v1", "StatefulSet", "statefulsets", kStatus | kGeneration | kAll | kScale, "sts",
     "Ready|string|@replicas-ready"},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", kStatus | kAll, "hpa", ""},
    {"batch", "v1", "Job", "jobs", kStatus | kGeneration | kAll, "", ""},
    {"coordination.k8s.io", "v1", "Lease", "leases", kCreateOnPut | kConditional, "",
     "Holder|string|.spec.holderIdentity"},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", kGeneration, "",
     "AddressType|string|.addressType;Ports|string|@slice-ports;Endpoints|string|@slice-endpoints"},
    {"events.k8s.io", "v1", "Event", "events", kCreateOnPut, "ev",
     "Last Seen|string|.deprecatedLastTimestamp;Type|string|.type;Reason|string|.reason;"
     "Object|string|@event-object;Message|string|.note"},
    {"networking.k8s.io", "v1", "IngressClass", "ingressclasses", kCluster | kGeneration, "",
     "Controller|string|.spec.controller"},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", kGeneration, "netpol", ""},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", kStatus | kGeneration | kConditional,
     "pdb", "Min Available|string|.spec.minAvailable;Max Unavailable|string|.spec.maxUnavailable"},
    {"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", kCluster | kCreateOnPut, "",
     "Created At|date|.metadata.creationTimestamp"},
    {"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", kCluster | kCreateOnPut,
     "", "Role|string|@role-ref"},
    {"rbac.authorization.k8s.io", "v1", "Role", "roles", kCreateOnPut, "",
     "Created At|date|.metadata.creationTimestamp"},
    {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", kCreateOnPut, "",
     "Role|string|@role-ref"},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", kCluster, "pc", "Value|integer|.value"},
};

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> out;
  size_t from = 0;
  while (from < text.size()) {
    size_t to = text.find(by, from);
    if (to == std::string::npos) to = text.size();
    out.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return out;
}

Resource FromRow(const Row& row) {
  Resource r;
  r.group = row.group;
  r.version = row.version;
  r.kind = row.kind;
  r.list_kind = r.kind + "List";
  r.plural = row.plural;
  r.singular = Lower(r.kind);
  r.short_names = Split(row.short_names, ',');
  if (row.flags & kAll) r.categories = {"all"};
  r.namespaced = !(row.flags & kCluster);
  r.has_status = row.flags & kStatus;
  r.counts_generation = row.flags & kGeneration;
  r.unconditional_update = !(row.flags & kConditional);
  r.create_on_update = row.flags & kCreateOnPut;
  r.returns_deleted = row.flags & kReturns;
  r.has_scale = row.flags & kScale;
  r.columns.push_back(
      {"Name", "string", ".metadata.name", 0, "name", "Name must be unique within a namespace."});
  bool dated = false;
  for (const std::string& column : Split(row.columns, ';')) {
    const std::vector<std::string> part = Split(column, '|');
    r.columns.push_back({part[0], part[1], part[2], part.size() > 3 ? 1 : 0});
    dated = dated || part[0] == "Created At";
  }
  if (!dated && r.kind != "Event") r.columns.push_back({"Age", "date", ".metadata.creationTimestamp"});
  return r;
}

// Written like OpenAPI, but any other field is let through.
constexpr char kPodSpec[] = R"({"x-kubernetes-preserve-unknown-fields":true,"properties":{
  "containers":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
    "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array","items":CONTAINER},
  "initContainers":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
    "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array","items":CONTAINER},
  "imagePullSecrets":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
    "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array"},
  "volumes":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
    "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge,retainKeys","type":"array"}}})";
constexpr char kContainer[] = R"({"x-kubernetes-preserve-unknown-fields":true,"type":"object","properties":{
  "env":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
    "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array"},
  "ports":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["containerPort","protocol"],
    "x-kubernetes-patch-merge-key":"containerPort","x-kubernetes-patch-strategy":"merge","type":"array",
    "items":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
      "properties":{"protocol":{"type":"string","default":"TCP"}}}},
  "volumeMounts":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["mountPath"],
    "x-kubernetes-patch-merge-key":"mountPath","x-kubernetes-patch-strategy":"merge","type":"array"}}})";
constexpr char kStatusHint[] = R"({"x-kubernetes-preserve-unknown-fields":true,"type":"object","properties":{
  "conditions":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["type"],
    "x-kubernetes-patch-merge-key":"type","x-kubernetes-patch-strategy":"merge","type":"array"}}})";
constexpr char kServiceSpec[] = R"({"x-kubernetes-preserve-unknown-fields":true,"type":"object","properties":{
  "selector":{"type":"object","x-kubernetes-map-type":"atomic","additionalProperties":{"type":"string"}},
  "ports":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port","protocol"],
    "x-kubernetes-patch-merge-key":"port","x-kubernetes-patch-strategy":"merge","type":"array",
    "items":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
      "properties":{"protocol":{"type":"string","default":"TCP"}}}}}})";

constexpr char kWebhooks[] = R"({"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
  "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array",
  "items":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{
    "matchConditions":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
      "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge","type":"array"}}}})";

void Open(Value* schema) {
  if (schema->isObject() && (*schema)["properties"].isObject()) {
    (*schema)["x-kubernetes-preserve-unknown-fields"] = true;
  }
}

}  // namespace

std::vector<Resource> BuiltinResources() {
  std::vector<Resource> out;
  for (const Row& row : kRows) out.push_back(FromRow(row));
  return out;
}

Value BuiltinHints(const std::string& group, const std::string& kind) {
  Value hints = Object();
  hints["x-kubernetes-preserve-unknown-fields"] = true;
  Set(hints, {"properties", "status"}, ParseJson(kStatusHint).value());
  std::string pod = kPodSpec;
  for (size_t at; (at = pod.find("CONTAINER")) != std::string::npos;) pod.replace(at, 9, kContainer);
  if (group.empty() && kind == "Pod") Set(hints, {"properties", "spec"}, ParseJson(pod).value());
  if (group.empty() && kind == "Service") Set(hints, {"properties", "spec"}, ParseJson(kServiceSpec).value());
  if (kind.ends_with("WebhookConfiguration")) {
    Set(hints, {"properties", "webhooks"}, ParseJson(kWebhooks).value());
  }
  if (group == "apps") {
    Value spec = Object();
    Set(spec, {"properties", "template", "properties", "spec"}, ParseJson(pod).value());
    Open(&spec);
    Open(&spec["properties"]["template"]);
    Set(hints, {"properties", "spec"}, spec);
  }
  return hints;
}

}  // namespace fairlead::apiserver
