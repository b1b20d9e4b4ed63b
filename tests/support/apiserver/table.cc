#include "tests/support/apiserver/table.h"

#include <functional>

namespace fairlead::apiserver {
namespace {

// ["a", "[0]", "[*]", "[?type=Ready]"]
std::vector<std::string> Steps(const std::string& path) {
  std::vector<std::string> out;
  std::string name;
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '.') {
      if (!name.empty()) out.push_back(std::exchange(name, ""));
    } else if (c == '\\' && i + 1 < path.size()) {
      name.push_back(path[++i]);
    } else if (c == '[') {
      if (!name.empty()) out.push_back(std::exchange(name, ""));
      const size_t end = path.find(']', i);
      if (end == std::string::npos) return out;
      std::string inside = path.substr(i + 1, end - i - 1);
      i = end;
      if (inside.size() > 1 && (inside[0] == '\'' || inside[0] == '"')) {
        out.push_back(inside.substr(1, inside.size() - 2));
      } else if (inside.starts_with("?(@.")) {
        const size_t eq = inside.find("==");
        std::string key = inside.substr(4, eq - 4);
        while (!key.empty() && key.back() == ' ') key.pop_back();
        const size_t open = inside.find_first_of("\"'", eq);
        const size_t close = inside.find_last_of("\"'");
        out.push_back("[?" + key + "=" + (open < close ? inside.substr(open + 1, close - open - 1) : "") +
                      "]");
      } else {
        out.push_back("[" + inside + "]");
      }
    } else {
      name.push_back(c);
    }
  }
  if (!name.empty()) out.push_back(name);
  return out;
}

void Follow(const Value& at, const std::vector<std::string>& steps, size_t i, std::vector<Value>* out) {
  if (i == steps.size()) {
    out->push_back(at);
    return;
  }
  const std::string& step = steps[i];
  if (!step.starts_with("[")) {
    if (const Value* next = Find(at, step)) Follow(*next, steps, i + 1, out);
    return;
  }
  if (!at.isArray()) return;
  if (step == "[*]") {
    for (const Value& item : at) Follow(item, steps, i + 1, out);
  } else if (step.starts_with("[?")) {
    const size_t eq = step.find('=');
    for (const Value& item : at) {
      if (TextAt(item, step.substr(2, eq - 2)) == step.substr(eq + 1, step.size() - eq - 2))
        Follow(item, steps, i + 1, out);
    }
  } else {
    const int index = atoi(step.c_str() + 1);
    const int wanted = index < 0 ? static_cast<int>(at.size()) + index : index;
    if (wanted >= 0 && wanted < static_cast<int>(at.size())) Follow(at[wanted], steps, i + 1, out);
  }
}

std::string Age(const Value& text, Timestamp now) {
  Timestamp at;
  if (!text.isString() || !Timestamp::Parse(text.asString(), &at)) return "<unknown>";
  return HumanDuration(now.seconds - at.seconds);
}

std::string Joined(const std::vector<std::string>& parts, const std::string& empty) {
  std::string out;
  for (const std::string& p : parts) out += (out.empty() ? "" : ",") + p;
  return out.empty() ? empty : out;
}

Value PodReady(const Value& o) {
  int ready = 0;
  for (const Value& c : At(o, {"status", "containerStatuses"})) ready += BoolAt(c, {"ready"});
  return std::to_string(ready) + "/" + std::to_string(At(o, {"spec", "containers"}).size());
}

Value PodRestarts(const Value& o) {
  int64_t n = 0;
  for (const Value& c : At(o, {"status", "containerStatuses"})) n += IntAt(c, {"restartCount"});
  return std::to_string(n);
}

Value PodStatus(const Value& o) {
  if (Has(Get(o, "metadata"), "deletionTimestamp")) return "Terminating";
  const std::string reason = TextAt(o, {"status", "reason"});
  return reason.empty() ? TextAt(o, {"status", "phase"}) : reason;
}

Value NodeStatus(const Value& o) {
  std::string out = "Unknown";
  for (const Value& c : At(o, {"status", "conditions"})) {
    if (TextAt(c, "type") == "Ready") out = TextAt(c, "status") == "True" ? "Ready" : "NotReady";
  }
  return BoolAt(o, {"spec", "unschedulable"}) ? out + ",SchedulingDisabled" : out;
}

Value NodeRoles(const Value& o) {
  std::vector<std::string> roles;
  const Value& labels = At(o, {"metadata", "labels"});
  for (const std::string& name : labels.isObject() ? labels.getMemberNames() : std::vector<std::string>()) {
    if (name.starts_with("node-role.kubernetes.io/")) roles.push_back(name.substr(24));
  }
  return Joined(roles, "<none>");
}

Value ServicePorts(const Value& o) {
  std::vector<std::string> out;
  for (const Value& p : At(o, {"spec", "ports"})) {
    const std::string node = IntAt(p, {"nodePort"}) ? ":" + std::to_string(IntAt(p, {"nodePort"})) : "";
    out.push_back(std::to_string(IntAt(p, {"port"})) + node + "/" + TextAt(p, "protocol"));
  }
  return Joined(out, "<none>");
}

Value ServiceSelector(const Value& o) {
  std::vector<std::string> out;
  const Value& selector = At(o, {"spec", "selector"});
  for (const std::string& name :
       selector.isObject() ? selector.getMemberNames() : std::vector<std::string>()) {
    out.push_back(name + "=" + TextAt(selector, name));
  }
  return Joined(out, "<none>");
}

Value ExternalIp(const Value& o) {
  if (const std::string name = TextAt(o, {"spec", "externalName"}); !name.empty()) return name;
  return Joined(Strings(At(o, {"spec", "externalIPs"})), "<none>");
}

Value SlicePorts(const Value& o) {
  std::vector<std::string> out;
  for (const Value& p : Get(o, "ports"))
    out.push_back(Has(p, "port") ? std::to_string(IntAt(p, {"port"})) : "*");
  return Joined(out, "<unset>");
}

Value SliceEndpoints(const Value& o) {
  std::vector<std::string> out;
  for (const Value& e : Get(o, "endpoints")) {
    for (const std::string& a : Strings(Get(e, "addresses"))) out.push_back(a);
  }
  if (out.size() > 3) {
    const size_t more = out.size() - 3;
    out.resize(3);
    return Joined(out, "") + " + " + std::to_string(more) + " more...";
  }
  return Joined(out, "<unset>");
}

Value EventObject(const Value& o) {
  const Value& about = Has(o, "involvedObject") ? o["involvedObject"] : Get(o, "regarding");
  std::string kind = TextAt(about, "kind");
  for (char& c : kind) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return kind + "/" + TextAt(about, "name");
}

Value EndpointsOf(const Value& o) {
  std::vector<std::string> out;
  for (const Value& subset : Get(o, "subsets")) {
    for (const Value& a : Get(subset, "addresses")) {
      for (const Value& p : Get(subset, "ports"))
        out.push_back(TextAt(a, "ip") + ":" + std::to_string(IntAt(p, {"port"})));
    }
  }
  return Joined(out, "<none>");
}

const std::map<std::string, std::function<Value(const Value&)>>& Computed() {
  static const std::map<std::string, std::function<Value(const Value&)>> cells = {
      {"@configmap-data",
       [](const Value& o) { return std::to_string(Get(o, "data").size() + Get(o, "binaryData").size()); }},
      {"@secret-data", [](const Value& o) { return std::to_string(Get(o, "data").size()); }},
      {"@webhooks", [](const Value& o) { return Int(Get(o, "webhooks").size()); }},
      {"@replicas-ready",
       [](const Value& o) {
         return std::to_string(IntAt(o, {"status", "readyReplicas"})) + "/" +
                std::to_string(IntAt(o, {"spec", "replicas"}));
       }},
      {"@role-ref",
       [](const Value& o) {
         return TextAt(o, {"roleRef", "kind"}) + "/" + TextAt(o, {"roleRef", "name"});
       }},
      {"@pod-ready", PodReady},
      {"@pod-status", PodStatus},
      {"@pod-restarts", PodRestarts},
      {"@node-status", NodeStatus},
      {"@node-roles", NodeRoles},
      {"@external-ip", ExternalIp},
      {"@service-ports", ServicePorts},
      {"@service-selector", ServiceSelector},
      {"@slice-ports", SlicePorts},
      {"@slice-endpoints", SliceEndpoints},
      {"@event-object", EventObject},
      {"@endpoints", EndpointsOf},
  };
  return cells;
}

Value Cell(const Column& column, bool builtin, const Value& object, Timestamp now) {
  if (column.json_path.starts_with("@")) return Computed().at(column.json_path)(object);
  const std::vector<Value> found = EvaluatePath(object, column.json_path);
  if (column.type == "date") {
    if (builtin && column.name == "Created At") return found.empty() ? Value("<unknown>") : found.front();
    return found.empty() ? Value(builtin ? Value("<unknown>") : Value()) : Value(Age(found.front(), now));
  }
  if (found.empty()) return builtin ? (column.type == "integer" ? Int(0) : Value("<none>")) : Value();
  if (found.size() == 1) {
    const Value& v = found.front();
    if (column.type == "string" && !v.isString()) return Value(Print(v));
    return v;
  }
  std::string joined;
  for (const Value& v : found)
    joined += (joined.empty() ? "" : ",") + (v.isString() ? v.asString() : Print(v));
  return joined;
}

Value Columns(const Resource& resource) {
  Value out = Array();
  for (const Column& c : resource.columns) {
    Value column = Object();
    column["name"] = c.name;
    column["type"] = c.type;
    column["format"] = c.format;
    column["description"] = c.description;
    column["priority"] = c.priority;
    out.append(column);
  }
  return out;
}

}  // namespace

std::string HumanDuration(int64_t s) {
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  const auto two = [](int64_t a, const char* unit, int64_t b, const char* sub) {
    return std::to_string(a) + unit + (b ? std::to_string(b) + sub : "");
  };
  if (s < 120) return std::to_string(s) + "s";
  const int64_t m = s / 60;
  if (m < 10) return two(m, "m", s % 60, "s");
  if (m < 180) return std::to_string(m) + "m";
  const int64_t h = m / 60;
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return std::to_string(h) + "h";
  if (h < 192) return two(h / 24, "d", h % 24, "h");
  if (h < 24 * 365 * 2) return std::to_string(h / 24) + "d";
  return two(h / 24 / 365, "y", (h / 24) % 365, "d");
}

std::vector<Value> EvaluatePath(const Value& object, const std::string& json_path) {
  std::vector<Value> out;
  Follow(object, Steps(json_path), 0, &out);
  return out;
}

Value MakeTable(const Resource& resource, const std::string& version, bool include_object,
                const std::vector<Value>& objects, Timestamp now, bool with_columns) {
  Value table = Object();
  table["kind"] = "Table";
  table["apiVersion"] = "meta.k8s.io/" + version;
  table["metadata"] = Object();
  if (objects.size() == 1)
    table["metadata"]["resourceVersion"] = TextAt(objects[0], {"metadata", "resourceVersion"});
  table["columnDefinitions"] = with_columns ? Columns(resource) : Value();
  table["rows"] = Array();
  for (const Value& object : objects) {
    Value row = Object();
    row["cells"] = Array();
    for (const Column& c : resource.columns) row["cells"].append(Cell(c, resource.builtin, object, now));
    if (include_object) {
      row["object"] = object;
    } else {
      row["object"]["kind"] = "PartialObjectMetadata";
      row["object"]["apiVersion"] = "meta.k8s.io/" + version;
      row["object"]["metadata"] = Get(object, "metadata");
    }
    table["rows"].append(row);
  }
  return table;
}

}  // namespace fairlead::apiserver
