#include "tests/support/apiserver/proto_decode.h"

#include <map>
#include <vector>

#include "crds/base/wire.h"
#include "tests/support/apiserver/base64.h"

namespace fairlead::apiserver {
namespace {

// Field numbers of k8s.io/api. One row a field: number, name, type.
//   s text   i number (0 is absent)   n number (0 counts)   b flag (false is absent)   f flag (false counts)
//   m map of texts   y map of bytes   o int-or-string   - not kept (status, times of the server)
//   a name: that message; [..]: repeated
struct Row {
  int number;
  const char* name;
  const char* type;
};
using Table = std::vector<Row>;

const std::map<std::string, Table, std::less<>>& Messages() {
  static const auto* const messages = new std::map<std::string, Table, std::less<>>{
      {"ObjectMeta",
       {{1, "name", "s"},
        {2, "generateName", "s"},
        {3, "namespace", "s"},
        {4, "selfLink", "-"},
        {5, "uid", "s"},
        {6, "resourceVersion", "s"},
        {7, "generation", "-"},
        {8, "creationTimestamp", "-"},
        {11, "labels", "m"},
        {12, "annotations", "m"},
        {14, "finalizers", "[s]"}}},
      {"Namespace", {{1, "metadata", "ObjectMeta"}, {2, "spec", "NamespaceSpec"}, {3, "status", "-"}}},
      {"NamespaceSpec", {{1, "finalizers", "[s]"}}},
      {"ConfigMap",
       {{1, "metadata", "ObjectMeta"}, {2, "data", "m"}, {3, "binaryData", "y"}, {4, "immutable", "f"}}},
      {"Secret",
       {{1, "metadata", "ObjectMeta"},
        {2, "data", "y"},
        {3, "type", "s"},
        {4, "stringData", "m"},
        {5, "immutable", "f"}}},
      {"ServiceAccount", {{1, "metadata", "ObjectMeta"}, {4, "automountServiceAccountToken", "f"}}},
      {"Service", {{1, "metadata", "ObjectMeta"}, {2, "spec", "ServiceSpec"}, {3, "status", "-"}}},
      {"ServiceSpec",
       {{1, "ports", "[ServicePort]"},
        {2, "selector", "m"},
        {3, "clusterIP", "s"},
        {4, "type", "s"},
        {5, "externalIPs", "[s]"},
        {7, "sessionAffinity", "s"},
        {8, "loadBalancerIP", "s"},
        {10, "externalName", "s"},
        {11, "externalTrafficPolicy", "s"},
        {12, "healthCheckNodePort", "i"},
        {13, "publishNotReadyAddresses", "b"},
        {17, "ipFamilyPolicy", "s"},
        {18, "clusterIPs", "[s]"},
        {19, "ipFamilies", "[s]"},
        {22, "internalTrafficPolicy", "s"},
        {23, "trafficDistribution", "s"}}},
      {"ServicePort",
       {{1, "name", "s"},
        {2, "protocol", "s"},
        {3, "port", "i"},
        {4, "targetPort", "o"},
        {5, "nodePort", "i"},
        {6, "appProtocol", "s"}}},
      {"Deployment", {{1, "metadata", "ObjectMeta"}, {2, "spec", "DeploymentSpec"}, {3, "status", "-"}}},
      {"DeploymentSpec",
       {{1, "replicas", "n"},
        {2, "selector", "LabelSelector"},
        {3, "template", "PodTemplateSpec"},
        {4, "strategy", "DeploymentStrategy"},
        {5, "minReadySeconds", "i"},
        {6, "revisionHistoryLimit", "n"},
        {7, "paused", "b"},
        {9, "progressDeadlineSeconds", "n"}}},
      {"DeploymentStrategy", {{1, "type", "s"}}},
      {"LabelSelector", {{1, "matchLabels", "m"}}},
      {"PodTemplateSpec", {{1, "metadata", "ObjectMeta"}, {2, "spec", "PodSpec"}}},
      {"Pod", {{1, "metadata", "ObjectMeta"}, {2, "spec", "PodSpec"}, {3, "status", "-"}}},
      {"PodSpec",
       {{2, "containers", "[Container]"},
        {3, "restartPolicy", "s"},
        {4, "terminationGracePeriodSeconds", "n"},
        {6, "dnsPolicy", "s"},
        {7, "nodeSelector", "m"},
        {8, "serviceAccountName", "s"},
        {9, "serviceAccount", "s"},
        {10, "nodeName", "s"},
        {11, "hostNetwork", "b"},
        {12, "hostPID", "b"},
        {13, "hostIPC", "b"},
        {14, "securityContext", "Nothing"},
        {16, "hostname", "s"},
        {17, "subdomain", "s"},
        {19, "schedulerName", "s"},
        {20, "initContainers", "[Container]"},
        {24, "priorityClassName", "s"},
        {25, "priority", "n"},
        {30, "enableServiceLinks", "f"}}},
      {"Nothing", {}},
      {"Container",
       {{1, "name", "s"},
        {2, "image", "s"},
        {3, "command", "[s]"},
        {4, "args", "[s]"},
        {5, "workingDir", "s"},
        {6, "ports", "[ContainerPort]"},
        {7, "env", "[EnvVar]"},
        {8, "resources", "Nothing"},
        {13, "terminationMessagePath", "s"},
        {14, "imagePullPolicy", "s"},
        {16, "stdin", "b"},
        {17, "stdinOnce", "b"},
        {18, "tty", "b"},
        {20, "terminationMessagePolicy", "s"}}},
      {"ContainerPort",
       {{1, "name", "s"},
        {2, "hostPort", "i"},
        {3, "containerPort", "i"},
        {4, "protocol", "s"},
        {5, "hostIP", "s"}}},
      {"EnvVar", {{1, "name", "s"}, {2, "value", "s"}}},
      {"Role", {{1, "metadata", "ObjectMeta"}, {2, "rules", "[PolicyRule]"}}},
      {"ClusterRole", {{1, "metadata", "ObjectMeta"}, {2, "rules", "[PolicyRule]"}}},
      {"RoleBinding",
       {{1, "metadata", "ObjectMeta"}, {2, "subjects", "[Subject]"}, {3, "roleRef", "RoleRef"}}},
      {"ClusterRoleBinding",
       {{1, "metadata", "ObjectMeta"}, {2, "subjects", "[Subject]"}, {3, "roleRef", "RoleRef"}}},
      {"PolicyRule",
       {{1, "verbs", "[s]"},
        {2, "apiGroups", "[s]"},
        {3, "resources", "[s]"},
        {4, "resourceNames", "[s]"},
        {5, "nonResourceURLs", "[s]"}}},
      {"RoleRef", {{1, "apiGroup", "s"}, {2, "kind", "s"}, {3, "name", "s"}}},
      {"Subject", {{1, "kind", "s"}, {2, "apiGroup", "s"}, {3, "name", "s"}, {4, "namespace", "s"}}},
  };
  return *messages;
}

class Decoder {
 public:
  const std::string& unknown() const { return unknown_; }  // "Pod.spec field 18"

  Value Message(WireReader reader, const std::string& message, const std::string& path) {
    Value out = Object();
    const auto table = Messages().find(message);
    while (reader.Next()) {
      const Row* row = nullptr;
      if (table != Messages().end()) {
        for (const Row& r : table->second) {
          if (r.number == static_cast<int>(reader.field())) row = &r;
        }
      }
      if (row == nullptr) {
        unknown_ = path + " field " + std::to_string(reader.field());
        return out;
      }
      Field(reader, *row, path, &out);
    }
    return out;
  }

 private:
  void Field(WireReader& reader, const Row& row, const std::string& path, Value* out) {
    std::string type = row.type;
    if (type == "-") return;
    if (type == "m" || type == "y") {
      const WireReader::Entry entry = reader.MapEntry();
      (*out)[row.name][std::string(entry.key)] =
          type == "y" ? EncodeBase64(entry.value) : std::string(reader.Checked(entry.value));
      return;
    }
    const bool repeated = type.starts_with("[");
    if (repeated) type = type.substr(1, type.size() - 2);
    Value value = One(reader, type, path + "." + row.name);
    if (repeated) {
      (*out)[row.name].append(std::move(value));
    } else if (!Absent(type, value)) {
      (*out)[row.name] = std::move(value);
    }
  }

  Value One(WireReader& reader, const std::string& type, const std::string& path) {
    if (type == "s") return std::string(reader.String());
    if (type == "i" || type == "n") return Int(reader.Int64());
    if (type == "b" || type == "f") return reader.Bool();
    if (type == "o") return IntOrString(reader.Message());
    return Message(reader.Message(), type, path);
  }

  static Value IntOrString(WireReader reader) {
    int64_t kind = 0;
    int64_t number = 0;
    std::string text;
    while (reader.Next()) {
      if (reader.field() == 1) kind = reader.Int64();
      if (reader.field() == 2) number = reader.Int32();
      if (reader.field() == 3) text = reader.String();
    }
    return kind == 1 ? Value(text) : Int(number);
  }

  // Go writes fields that are not pointers even when they hold nothing.
  static bool Absent(const std::string& type, const Value& value) {
    if (type == "n" || type == "f") return false;
    if (type == "s") return value.asString().empty();
    if (type == "i") return value.asInt64() == 0;
    if (type == "b") return !value.asBool();
    return value.isObject() && value.empty();
  }

  std::string unknown_;
};

}  // namespace

Outcome<Value> DecodeProtobuf(std::string_view body) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!body.starts_with(kMagic))
    return Unexpected(BadRequest("the body does not begin as Kubernetes protobuf does"));
  WireStatus status;
  WireReader envelope(body.substr(kMagic.size()), &status);
  std::string api_version;
  std::string kind;
  std::string_view raw;
  while (envelope.Next()) {
    if (envelope.field() == 2) raw = envelope.Bytes();
    if (envelope.field() != 1) continue;
    WireReader type = envelope.Message();
    while (type.Next()) {
      if (type.field() == 1) type.String(&api_version);
      if (type.field() == 2) type.String(&kind);
    }
  }
  if (!Messages().contains(kind)) {
    return Unexpected(NotImplemented("the embedded API server reads no " + kind +
                                     " as protobuf: send it as application/json (kubectl apply does)"));
  }
  Decoder decoder;
  Value out = decoder.Message(WireReader(raw, &status), kind, kind);
  if (!status.ok()) {
    return Unexpected(
        BadRequest("the body is no well-formed protobuf: " + std::string(ToString(status.error))));
  }
  if (!decoder.unknown().empty()) {
    return Unexpected(NotImplemented("the embedded API server does not read " + decoder.unknown() +
                                     " as protobuf: send it as application/json (kubectl apply does)"));
  }
  out["apiVersion"] = api_version;
  out["kind"] = kind;
  return out;
}

}  // namespace fairlead::apiserver
