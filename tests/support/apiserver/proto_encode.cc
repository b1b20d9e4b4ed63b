#include "tests/support/apiserver/proto_encode.h"

#include "crds/base/meta.h"

namespace fairlead::apiserver {
namespace {

class Message {
 public:
  const std::string& bytes() const { return out_; }

  void Varint(int field, uint64_t value) {
    Tag(field, 0);
    Raw(value);
  }
  void Bytes(int field, const std::string& value) {
    Tag(field, 2);
    Raw(value.size());
    out_ += value;
  }
  void Text(int field, const Value& object, std::string_view key) {
    const std::string value = TextAt(object, key);
    if (!value.empty()) Bytes(field, value);
  }
  void Number(int field, const Value& object, std::string_view key) {
    const Value& v = Get(object, key);
    if (v.isInt64()) Varint(field, static_cast<uint64_t>(v.asInt64()));
  }
  void Bool(int field, const Value& object, std::string_view key) {
    const Value& v = Get(object, key);
    if (v.isBool()) Varint(field, v.asBool());
  }
  void Texts(int field, const Value& array) {
    for (const std::string& s : Strings(array)) Bytes(field, s);
  }
  void Map(int field, const Value& map) {
    if (!map.isObject()) return;
    for (auto at = map.begin(); at != map.end(); ++at) {
      Message entry;
      entry.Bytes(1, at.name());
      entry.Bytes(2, at->isString() ? at->asString() : "");
      Bytes(field, entry.bytes());
    }
  }
  void Time(int field, const Value& object, std::string_view key) {
    Timestamp at;
    if (!Timestamp::Parse(TextAt(object, key), &at)) return;
    Message time;
    time.Varint(1, static_cast<uint64_t>(at.seconds));
    Bytes(field, time.bytes());
  }

 private:
  void Tag(int field, int wire) { Raw(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire)); }
  void Raw(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  std::string out_;
};

template <class F>
void Each(Message& m, int field, const Value& list, F fill) {
  if (!list.isArray()) return;
  for (const Value& item : list) {
    Message one;
    fill(one, item);
    m.Bytes(field, one.bytes());
  }
}

template <class F>
void One(Message& m, int field, const Value& object, F fill) {
  if (!object.isObject()) return;
  Message one;
  fill(one, object);
  m.Bytes(field, one.bytes());
}

void Meta(Message& m, const Value& v) {
  m.Text(1, v, "name");
  m.Text(2, v, "generateName");
  m.Text(3, v, "namespace");
  m.Text(5, v, "uid");
  m.Text(6, v, "resourceVersion");
  m.Number(7, v, "generation");
  m.Time(8, v, "creationTimestamp");
  m.Time(9, v, "deletionTimestamp");
  m.Number(10, v, "deletionGracePeriodSeconds");
  m.Map(11, Get(v, "labels"));
  m.Map(12, Get(v, "annotations"));
  Each(m, 13, Get(v, "ownerReferences"), [](Message& o, const Value& owner) {
    o.Text(1, owner, "kind");
    o.Text(3, owner, "name");
    o.Text(4, owner, "uid");
    o.Text(5, owner, "apiVersion");
    o.Bool(6, owner, "controller");
    o.Bool(7, owner, "blockOwnerDeletion");
  });
  m.Texts(14, Get(v, "finalizers"));
  Each(m, 17, Get(v, "managedFields"), [](Message& f, const Value& entry) {
    f.Text(1, entry, "manager");
    f.Text(2, entry, "operation");
    f.Text(3, entry, "apiVersion");
    f.Time(4, entry, "time");
    f.Text(6, entry, "fieldsType");
    Message fields;
    fields.Bytes(1, Print(Get(entry, "fieldsV1")));
    f.Bytes(7, fields.bytes());
    f.Text(8, entry, "subresource");
  });
}

void IntOrString(Message& m, const Value& v) {
  m.Varint(1, v.isString() ? 1 : 0);
  m.Varint(2, v.isInt64() ? static_cast<uint64_t>(v.asInt64()) : 0);
  m.Bytes(3, v.isString() ? v.asString() : "");
}

void ServiceSpec(Message& m, const Value& v) {
  Each(m, 1, Get(v, "ports"), [](Message& p, const Value& port) {
    p.Text(1, port, "name");
    p.Text(2, port, "protocol");
    p.Number(3, port, "port");
    Message target;
    IntOrString(target, Get(port, "targetPort"));
    p.Bytes(4, target.bytes());
    p.Number(5, port, "nodePort");
    p.Text(6, port, "appProtocol");
  });
  m.Map(2, Get(v, "selector"));
  m.Text(3, v, "clusterIP");
  m.Text(4, v, "type");
  m.Texts(5, Get(v, "externalIPs"));
  m.Text(7, v, "sessionAffinity");
  m.Text(10, v, "externalName");
  m.Bool(13, v, "publishNotReadyAddresses");
  m.Text(17, v, "ipFamilyPolicy");
  m.Texts(18, Get(v, "clusterIPs"));
  m.Texts(19, Get(v, "ipFamilies"));
  m.Text(22, v, "internalTrafficPolicy");
  m.Text(23, v, "trafficDistribution");
}

void SliceBody(Message& m, const Value& v) {
  Each(m, 2, Get(v, "endpoints"), [](Message& e, const Value& endpoint) {
    e.Texts(1, Get(endpoint, "addresses"));
    One(e, 2, Get(endpoint, "conditions"), [](Message& c, const Value& conditions) {
      c.Bool(1, conditions, "ready");
      c.Bool(2, conditions, "serving");
      c.Bool(3, conditions, "terminating");
    });
    e.Text(3, endpoint, "hostname");
    One(e, 4, Get(endpoint, "targetRef"), [](Message& r, const Value& ref) {
      r.Text(1, ref, "kind");
      r.Text(2, ref, "namespace");
      r.Text(3, ref, "name");
      r.Text(4, ref, "uid");
    });
    e.Map(5, Get(endpoint, "deprecatedTopology"));
    e.Text(6, endpoint, "nodeName");
    e.Text(7, endpoint, "zone");
  });
  Each(m, 3, Get(v, "ports"), [](Message& p, const Value& port) {
    if (Has(port, "name")) p.Bytes(1, TextAt(port, "name"));
    p.Text(2, port, "protocol");
    p.Number(3, port, "port");
    p.Text(4, port, "appProtocol");
  });
  m.Text(4, v, "addressType");
}

void Conditions(Message& m, int field, const Value& list) {
  Each(m, field, list, [](Message& c, const Value& condition) {
    c.Text(1, condition, "type");
    c.Text(2, condition, "status");
  });
}

void PodParts(Message& m, const Value& v) {
  One(m, 2, Get(v, "spec"), [](Message& s, const Value& spec) {
    Each(s, 2, Get(spec, "containers"), [](Message& c, const Value& container) {
      c.Text(1, container, "name");
      c.Text(2, container, "image");
    });
    s.Text(3, spec, "restartPolicy");
    s.Text(8, spec, "serviceAccountName");
    s.Text(10, spec, "nodeName");
    s.Bool(11, spec, "hostNetwork");
  });
  One(m, 3, Get(v, "status"), [](Message& s, const Value& status) {
    s.Text(1, status, "phase");
    Conditions(s, 2, Get(status, "conditions"));
    s.Text(5, status, "hostIP");
    s.Text(6, status, "podIP");
    Each(s, 12, Get(status, "podIPs"), [](Message& ip, const Value& item) { ip.Text(1, item, "ip"); });
  });
}

void NodeParts(Message& m, const Value& v) {
  One(m, 2, Get(v, "spec"), [](Message& s, const Value& spec) {
    s.Text(1, spec, "podCIDR");
    s.Text(3, spec, "providerID");
    s.Bool(4, spec, "unschedulable");
  });
  One(m, 3, Get(v, "status"), [](Message& s, const Value& status) {
    Conditions(s, 4, Get(status, "conditions"));
    Each(s, 5, Get(status, "addresses"), [](Message& a, const Value& address) {
      a.Text(1, address, "type");
      a.Text(2, address, "address");
    });
  });
}

void NamespaceParts(Message& m, const Value& v) {
  One(m, 2, Get(v, "spec"), [](Message& s, const Value& spec) { s.Texts(1, Get(spec, "finalizers")); });
  One(m, 3, Get(v, "status"), [](Message& s, const Value& status) { s.Text(1, status, "phase"); });
}

std::string Body(const Resource& r, const Value& v) {
  Message m;
  Message meta;
  Meta(meta, Get(v, "metadata"));
  m.Bytes(1, meta.bytes());
  if (r.kind == "Service") One(m, 2, Get(v, "spec"), ServiceSpec);
  if (r.kind == "EndpointSlice") SliceBody(m, v);
  if (r.kind == "Pod") PodParts(m, v);
  if (r.kind == "Node") NodeParts(m, v);
  if (r.kind == "Namespace") NamespaceParts(m, v);
  return m.bytes();
}

// "k8s\0" and runtime.Unknown{typeMeta, raw}.
std::string Envelope(const std::string& api_version, const std::string& kind, const std::string& raw) {
  Message type;
  type.Bytes(1, api_version);
  type.Bytes(2, kind);
  Message unknown;
  unknown.Bytes(1, type.bytes());
  unknown.Bytes(2, raw);
  unknown.Bytes(3, "");
  unknown.Bytes(4, "");
  return std::string("k8s\0", 4) + unknown.bytes();
}

}  // namespace

bool HasProtobuf(const Resource& r) {
  const std::string type = r.Type();
  return type == "/services" || type == "/pods" || type == "/nodes" || type == "/namespaces" ||
         type == "discovery.k8s.io/endpointslices";
}

std::string EncodeProtobuf(const Resource& r, const Value& object) {
  return Envelope(r.ApiVersion(), r.kind, Body(r, object));
}

std::string EncodeProtobufList(const Resource& r, const std::vector<Value>& objects, const Value& list_meta) {
  Message list;
  Message meta;
  meta.Bytes(1, "");
  meta.Text(2, list_meta, "resourceVersion");
  meta.Text(3, list_meta, "continue");
  meta.Number(4, list_meta, "remainingItemCount");
  list.Bytes(1, meta.bytes());
  for (const Value& object : objects) list.Bytes(2, Body(r, object));
  return Envelope(r.ApiVersion(), r.list_kind, list.bytes());
}

std::string EncodeProtobufStatus(const Value& status) {
  Message m;
  m.Bytes(1, "");
  m.Text(2, status, "status");
  m.Text(3, status, "message");
  m.Text(4, status, "reason");
  m.Number(6, status, "code");
  return Envelope("v1", "Status", m.bytes());
}

std::string EncodeProtobufEvent(const std::string& type, const std::string& object) {
  Message raw;
  raw.Bytes(1, object);
  Message event;
  event.Bytes(1, type);
  event.Bytes(2, raw.bytes());
  return event.bytes();
}

}  // namespace fairlead::apiserver
