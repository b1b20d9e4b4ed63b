#include "tests/support/apiserver/kind_rules.h"

#include <set>

#include "tests/support/apiserver/base64.h"
#include "tests/support/apiserver/crd_rules.h"
#include "tests/support/apiserver/names.h"

namespace fairlead::apiserver {
namespace {

void Fill(Value& object, const char* key, Value value) {
  if (!Has(object, key)) object[key] = std::move(value);
}

// The first free address of 10.96.0.0/12, from 10.96.0.10 on.
std::string FreeClusterIp(const Core& core) {
  std::set<std::string> used;
  for (const ObjectPtr& s : core.store.List("/services", "").items)
    used.insert(TextAt(*s, {"spec", "clusterIP"}));
  for (int i = 10; i < (1 << 20); ++i) {
    const std::string ip = "10." + std::to_string(96 + (i >> 16)) + "." + std::to_string((i >> 8) & 255) +
                           "." + std::to_string(i & 255);
    if (!used.contains(ip)) return ip;
  }
  return "";
}

void DefaultServicePorts(Value& spec) {
  if (!Get(spec, "ports").isArray()) return;
  for (Value& port : spec["ports"]) {
    if (!port.isObject()) continue;
    Fill(port, "protocol", "TCP");
    if (Has(port, "port") &&
        (!Has(port, "targetPort") || port["targetPort"] == Int(0) || port["targetPort"] == "")) {
      port["targetPort"] = port["port"];
    }
  }
}

void DefaultService(Core& core, const Value* old, Value& object) {
  Value& spec = Ensure(object, {"spec"});
  Fill(spec, "sessionAffinity", "None");
  Fill(spec, "type", "ClusterIP");
  DefaultServicePorts(spec);
  Ensure(object, {"status", "loadBalancer"});
  if (spec["type"] == "ExternalName") return;
  Fill(spec, "internalTrafficPolicy", "Cluster");
  if (TextAt(spec, "clusterIP").empty() && !Strings(Get(spec, "clusterIPs")).empty()) {
    spec["clusterIP"] = Strings(spec["clusterIPs"]).front();
  }
  if (TextAt(spec, "clusterIP").empty()) {
    const std::string before = old ? TextAt(*old, {"spec", "clusterIP"}) : "";
    spec["clusterIP"] = before.empty() ? FreeClusterIp(core) : before;
  }
  const std::string ip = TextAt(spec, "clusterIP");
  if (!Has(spec, "clusterIPs")) spec["clusterIPs"].append(ip);
  Fill(spec, "ipFamilyPolicy", "SingleStack");
  if (!Has(spec, "ipFamilies"))
    spec["ipFamilies"].append(ip.find(':') == std::string::npos ? "IPv4" : "IPv6");
}

void DefaultNamespace(const Value* old, Value& object) {
  const std::string name = NameOf(object);
  Ensure(object, {"metadata", "labels"})["kubernetes.io/metadata.name"] = name;
  Value& spec = Ensure(object, {"spec"});
  if (old == nullptr) {
    spec["finalizers"] = Array();
    spec["finalizers"].append("kubernetes");
    Ensure(object, {"status"})["phase"] = "Active";
  }
}

void DefaultSecret(Value& object) { Fill(object, "type", "Opaque"); }

void DefaultEndpointSlice(Value& object) {
  if (!Get(object, "endpoints").isArray()) object["endpoints"] = Array();
  if (!Get(object, "ports").isArray()) return;
  for (Value& port : object["ports"]) {
    if (!port.isObject()) continue;
    Fill(port, "name", "");
    Fill(port, "protocol", "TCP");
  }
}

void DefaultPodSpec(Value& spec) {
  Fill(spec, "restartPolicy", "Always");
  Fill(spec, "terminationGracePeriodSeconds", Int(30));
  Fill(spec, "dnsPolicy", "ClusterFirst");
  Fill(spec, "securityContext", Object());
  Fill(spec, "schedulerName", "default-scheduler");
  for (const char* list : {"containers", "initContainers"}) {
    if (!Get(spec, list).isArray()) continue;
    for (Value& c : spec[list]) {
      if (!c.isObject()) continue;
      const std::string image = TextAt(c, "image");
      const bool latest =
          image.find(':', image.rfind('/') + 1) == std::string::npos || image.ends_with(":latest");
      Fill(c, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
      Fill(c, "resources", Object());
      Fill(c, "terminationMessagePath", "/dev/termination-log");
      Fill(c, "terminationMessagePolicy", "File");
      if (!Get(c, "ports").isArray()) continue;
      for (Value& port : c["ports"]) Fill(port, "protocol", "TCP");
    }
  }
}

void DefaultPod(const Value* old, Value& object) {
  Value& spec = Ensure(object, {"spec"});
  DefaultPodSpec(spec);
  Fill(spec, "enableServiceLinks", true);
  Fill(spec, "serviceAccountName", "default");
  Fill(spec, "serviceAccount", spec["serviceAccountName"]);
  Fill(spec, "preemptionPolicy", "PreemptLowerPriority");
  Fill(spec, "priority", Int(0));
  if (old == nullptr) {
    object["status"] = Object();
    object["status"]["phase"] = "Pending";
    object["status"]["qosClass"] = "BestEffort";
  }
}

void DefaultWorkload(const Resource& r, Value& object) {
  Value& spec = Ensure(object, {"spec"});
  if (Get(Get(spec, "template"), "spec").isObject()) DefaultPodSpec(spec["template"]["spec"]);
  if (r.kind == "Deployment" || r.kind == "StatefulSet" || r.kind == "ReplicaSet")
    Fill(spec, "replicas", Int(1));
  if (r.kind == "Deployment" || r.kind == "DaemonSet") Fill(spec, "revisionHistoryLimit", Int(10));
  if (r.kind == "Deployment") {
    Fill(spec, "progressDeadlineSeconds", Int(600));
    Value& strategy = Ensure(spec, {"strategy"});
    Fill(strategy, "type", "RollingUpdate");
    if (strategy["type"] == "RollingUpdate") {
      Value& rolling = Ensure(strategy, {"rollingUpdate"});
      Fill(rolling, "maxSurge", "25%");
      Fill(rolling, "maxUnavailable", "25%");
    }
  }
  if (r.kind == "DaemonSet") {
    Value& strategy = Ensure(spec, {"updateStrategy"});
    Fill(strategy, "type", "RollingUpdate");
    if (strategy["type"] == "RollingUpdate") {
      Value& rolling = Ensure(strategy, {"rollingUpdate"});
      Fill(rolling, "maxSurge", Int(0));
      Fill(rolling, "maxUnavailable", Int(1));
    }
  }
}

// Numbers that Go prints even when they are zero.
void DefaultWorkloadStatus(const Resource& r, Value& object) {
  Value& status = Ensure(object, {"status"});
  if (r.kind == "ReplicaSet" || r.kind == "StatefulSet") status["replicas"] = Int(0);
  if (r.kind == "StatefulSet") status["availableReplicas"] = Int(0);
  if (r.kind != "DaemonSet") return;
  for (const char* name :
       {"currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"}) {
    status[name] = Int(0);
  }
}

// stringData becomes data.
void FoldStringData(Value& object) {
  if (!Get(object, "stringData").isObject()) return;
  for (const std::string& name : object["stringData"].getMemberNames()) {
    Ensure(object, {"data"})[name] = EncodeBase64(object["stringData"][name].asString());
  }
  object.removeMember("stringData");
}

void CheckPort(const std::string& path, const Value& port, FieldFaults* faults) {
  const bool good = port.isInt64() && port.asInt64() >= 1 && port.asInt64() <= 65535;
  if (!good) faults->push_back(InvalidField(path, port, "must be between 1 and 65535, inclusive"));
}

void ValidateService(const Value* old, const Value& object, FieldFaults* faults) {
  const Value& spec = Get(object, "spec");
  const std::string type = TextAt(spec, "type");
  const Value& ports = Get(spec, "ports");
  static const std::set<std::string> types = {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"};
  if (!types.contains(type)) {
    faults->push_back(UnsupportedField("spec.type", Value(type), {types.begin(), types.end()}));
  }
  if (ports.empty() && TextAt(spec, "clusterIP") != "None" && type != "ExternalName") {
    faults->push_back(RequiredField("spec.ports"));
  }
  if (type == "ExternalName" && TextAt(spec, "externalName").empty()) {
    faults->push_back(RequiredField("spec.externalName"));
  }
  std::set<std::string> names;
  for (Json::ArrayIndex i = 0; ports.isArray() && i < ports.size(); ++i) {
    const std::string path = "spec.ports[" + std::to_string(i) + "]";
    const std::string name = TextAt(ports[i], "name");
    if (name.empty() && ports.size() > 1) faults->push_back(RequiredField(path + ".name"));
    if (!name.empty()) {
      if (const std::string why = LabelFault(name); !why.empty()) {
        faults->push_back(InvalidField(path + ".name", Value(name), why));
      } else if (!names.insert(name).second) {
        faults->push_back(DuplicateField(path + ".name", Value(name)));
      }
    }
    CheckPort(path + ".port", Get(ports[i], "port").isNull() ? Int(0) : ports[i]["port"], faults);
    if (const Value& target = Get(ports[i], "targetPort"); target.isInt64())
      CheckPort(path + ".targetPort", target, faults);
  }
  const std::string before = old ? TextAt(*old, {"spec", "clusterIP"}) : "";
  if (!before.empty() && TextAt(spec, "clusterIP") != before && type != "ExternalName") {
    faults->push_back(InvalidField("spec.clusterIPs[0]", Get(spec, "clusterIPs"), "may not change once set"));
  }
}

void ValidateEndpointSlice(const Value* old, const Value& object, FieldFaults* faults) {
  static const std::set<std::string> types = {"FQDN", "IPv4", "IPv6"};
  const std::string type = TextAt(object, "addressType");
  if (type.empty()) {
    faults->push_back(RequiredField("addressType"));
  } else if (!types.contains(type)) {
    faults->push_back(UnsupportedField("addressType", Value(type), {"FQDN", "IPv4", "IPv6"}));
  }
  if (old && TextAt(*old, "addressType") != type) {
    faults->push_back(InvalidField("addressType", Value(type), "field is immutable"));
  }
  const Value& endpoints = Get(object, "endpoints");
  for (Json::ArrayIndex i = 0; endpoints.isArray() && i < endpoints.size(); ++i) {
    if (Get(endpoints[i], "addresses").empty()) {
      faults->push_back(
          RequiredField("endpoints[" + std::to_string(i) + "].addresses", "must contain at least 1 address"));
    }
  }
}

void ValidateData(const Value* old, const Value& object, FieldFaults* faults) {
  for (const char* part : {"data", "binaryData"}) {
    const Value& data = Get(object, part);
    for (const std::string& key : data.isObject() ? data.getMemberNames() : std::vector<std::string>()) {
      const std::string why = ConfigKeyFault(key);
      if (!why.empty()) faults->push_back(InvalidField(std::string(part) + "[" + key + "]", Value(key), why));
    }
  }
  if (!old || !BoolAt(*old, {"immutable"})) return;
  if (!BoolAt(object, {"immutable"})) {
    faults->push_back(ForbiddenField("immutable", "field is immutable when `immutable` is set"));
  }
  if (!SameValue(Get(object, "data"), Get(*old, "data"))) {
    faults->push_back(ForbiddenField("data", "field is immutable when `immutable` is set"));
  }
}

}  // namespace

void DefaultKind(Core& core, const Resource& r, const Value* old, Value* object) {
  const std::string type = r.Type();
  if (type == "/services") DefaultService(core, old, *object);
  if (type == "/namespaces") DefaultNamespace(old, *object);
  if (type == "/secrets") {
    FoldStringData(*object);
    DefaultSecret(*object);
  }
  if (type == "/pods") DefaultPod(old, *object);
  if (type == "discovery.k8s.io/endpointslices") DefaultEndpointSlice(*object);
  if (r.group == "apps" && r.kind != "ControllerRevision") {
    DefaultWorkload(r, *object);
    if (old == nullptr) DefaultWorkloadStatus(r, *object);
  }
  if (r.kind == "CustomResourceDefinition") DefaultCrd(object);
}

void ValidateKind(const Resource& r, const Value* old, const Value& object, FieldFaults* faults) {
  const std::string type = r.Type();
  if (type == "/services") ValidateService(old, object, faults);
  if (type == "/configmaps" || type == "/secrets") ValidateData(old, object, faults);
  if (type == "discovery.k8s.io/endpointslices") ValidateEndpointSlice(old, object, faults);
  if (r.kind == "CustomResourceDefinition") ValidateCrd(old, object, faults);
}

void ResetForCreate(const Resource& r, Value* object) {
  if (r.has_status && r.Type() != "/nodes") object->removeMember("status");
}

}  // namespace fairlead::apiserver
