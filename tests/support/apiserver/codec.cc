#include "tests/support/apiserver/codec.h"

#include <algorithm>

#include "tests/support/apiserver/proto_encode.h"
#include "tests/support/apiserver/table.h"

namespace fairlead::apiserver {
namespace {

struct Clause {
  std::string media;
  std::map<std::string, std::string> parameters;
  double q = 1;
};

std::string Trim(const std::string& text) {
  const size_t from = text.find_first_not_of(" \t");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::vector<Clause> ParseAccept(const std::string& header) {
  std::vector<Clause> out;
  size_t from = 0;
  while (from < header.size()) {
    size_t to = header.find(',', from);
    if (to == std::string::npos) to = header.size();
    const std::string text = header.substr(from, to - from);
    from = to + 1;
    Clause clause;
    size_t at = text.find(';');
    clause.media = Trim(text.substr(0, at));
    while (at != std::string::npos) {
      const size_t end = text.find(';', at + 1);
      const std::string part = Trim(text.substr(at + 1, end == std::string::npos ? end : end - at - 1));
      const size_t eq = part.find('=');
      if (eq != std::string::npos) clause.parameters[part.substr(0, eq)] = part.substr(eq + 1);
      at = end;
    }
    if (clause.parameters.contains("q")) clause.q = atof(clause.parameters["q"].c_str());
    if (!clause.media.empty()) out.push_back(std::move(clause));
  }
  std::stable_sort(out.begin(), out.end(), [](const Clause& a, const Clause& b) { return a.q > b.q; });
  return out;
}

bool Fits(const Clause& clause, const Resource* resource, Encoding* out) {
  const bool any = clause.media == "*/*" || clause.media == "application/*";
  const auto as = clause.parameters.find("as");
  if (clause.media == "application/vnd.kubernetes.protobuf") {
    if (as != clause.parameters.end() || resource == nullptr || !HasProtobuf(*resource)) return false;
    out->form = Form::kProtobuf;
    return true;
  }
  if (clause.media != "application/json" && !any) return false;
  if (as == clause.parameters.end()) {
    out->form = Form::kJson;
    return true;
  }
  const auto group = clause.parameters.find("g");
  const auto version = clause.parameters.find("v");
  if (group == clause.parameters.end() || group->second != "meta.k8s.io" ||
      version == clause.parameters.end())
    return false;
  if (version->second != "v1" && version->second != "v1beta1") return false;
  out->version = version->second;
  if (as->second == "Table") {
    out->form = Form::kTable;
    return true;
  }
  out->form = Form::kPartial;
  return as->second == "PartialObjectMetadata" || as->second == "PartialObjectMetadataList";
}

std::string Big32(size_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((n >> shift) & 255));
  return out;
}

}  // namespace

std::string Encoding::ContentType(bool watch) const {
  switch (form) {
    case Form::kProtobuf:
      return watch ? "application/vnd.kubernetes.protobuf;stream=watch"
                   : "application/vnd.kubernetes.protobuf";
    case Form::kTable:
    case Form::kPartial:
    case Form::kJson:
      return "application/json";
  }
  return "application/json";
}

Outcome<Encoding> Negotiate(const Resource* resource, const Request& request, const RequestInfo& info) {
  Encoding out;
  out.include_object = info.Query("includeObject") == "Object";
  const std::string header = request.Header("accept");
  if (header.empty()) return out;
  bool yaml = false;
  for (const Clause& clause : ParseAccept(header)) {
    Encoding fit = out;
    if (Fits(clause, resource, &fit)) return fit;
    yaml = yaml || clause.media == "application/yaml";
  }
  if (yaml) {
    return Unexpected(
        NotImplemented("the embedded API server answers in application/json or, for core kinds, "
                       "application/vnd.kubernetes.protobuf: ask for application/json"));
  }
  const std::string accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
  if (resource == nullptr || !resource->builtin) return Unexpected(NotAcceptable(accepted));
  return Unexpected(
      Failure{406, "NotAcceptable",
              "406: Not Acceptable\n\nAvailable representations: " + accepted +
                  ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
              Object()});
}

Value Codec::Partial(const Value& object) const {
  Value out = Object();
  out["apiVersion"] = "meta.k8s.io/" + as_.version;
  out["kind"] = "PartialObjectMetadata";
  out["metadata"] = Get(object, "metadata");
  return out;
}

std::string Codec::One(const Value& object) const {
  switch (as_.form) {
    case Form::kProtobuf:
      return EncodeProtobuf(resource_, object);
    case Form::kTable:
      return Print(MakeTable(resource_, as_.version, as_.include_object, {object},
                             core_.options.clock->WallNow(), true)) +
             "\n";
    case Form::kPartial:
      return Print(Partial(object)) + "\n";
    case Form::kJson:
      break;
  }
  return Print(object) + "\n";
}

std::string Codec::List(const std::vector<Value>& objects, const ListMeta& meta) const {
  Value list = Object();
  Value list_meta = Object();
  list_meta["resourceVersion"] = std::to_string(meta.revision);
  if (!meta.next.empty()) list_meta["continue"] = meta.next;
  if (meta.remaining >= 0) list_meta["remainingItemCount"] = Int(meta.remaining);
  if (as_.form == Form::kProtobuf) return EncodeProtobufList(resource_, objects, list_meta);
  if (as_.form == Form::kTable) {
    list =
        MakeTable(resource_, as_.version, as_.include_object, objects, core_.options.clock->WallNow(), true);
    list["metadata"] = list_meta;
    return Print(list) + "\n";
  }
  // Objects are printed one by one: a list of thousands is never held twice as values.
  std::string out = "{\"apiVersion\":";
  const bool partial = as_.form == Form::kPartial;
  out += QuoteJson(partial ? "meta.k8s.io/" + as_.version : resource_.ApiVersion()) + ",\"items\":[";
  for (size_t i = 0; i < objects.size(); ++i) {
    if (i) out.push_back(',');
    if (partial) {
      PrintTo(Partial(objects[i]), &out);
    } else if (resource_.builtin) {
      Value item = objects[i];
      item.removeMember("apiVersion");
      item.removeMember("kind");
      PrintTo(item, &out);
    } else {
      PrintTo(objects[i], &out);
    }
  }
  if (!resource_.builtin && !partial && meta.next.empty()) list_meta["continue"] = "";
  out += "],\"kind\":" + QuoteJson(partial ? "PartialObjectMetadataList" : resource_.list_kind) +
         ",\"metadata\":";
  PrintTo(list_meta, &out);
  out += "}\n";
  return out;
}

std::string Codec::Event(const std::string& type, const Value& object, bool first) const {
  if (as_.form == Form::kProtobuf) {
    const std::string event = EncodeProtobufEvent(type, EncodeProtobuf(resource_, object));
    return Big32(event.size()) + event;
  }
  std::string out = "{\"type\":" + QuoteJson(type) + ",\"object\":";
  const bool bookmark = type == "BOOKMARK";
  if (as_.form == Form::kTable) {
    PrintTo(MakeTable(resource_, as_.version, as_.include_object, {object}, core_.options.clock->WallNow(),
                      first),
            &out);
  } else if (as_.form == Form::kPartial && !bookmark) {
    PrintTo(Partial(object), &out);
  } else {
    PrintTo(object, &out);
  }
  out += "}\n";
  return out;
}

std::string Codec::ErrorEvent(const Failure& failure) const {
  if (as_.form == Form::kProtobuf) {
    const std::string event = EncodeProtobufEvent("ERROR", EncodeProtobufStatus(ToStatus(failure)));
    return Big32(event.size()) + event;
  }
  return "{\"type\":\"ERROR\",\"object\":" + Print(ToStatus(failure)) + "}\n";
}

Value Codec::BookmarkObject(uint64_t revision, bool initial_end) const {
  Value out = Object();
  out["apiVersion"] = resource_.ApiVersion();
  out["kind"] = resource_.kind;
  Set(out, {"metadata", "resourceVersion"}, std::to_string(revision));
  if (initial_end) Set(out, {"metadata", "annotations", "k8s.io/initial-events-end"}, "true");
  if (resource_.builtin) out["metadata"]["creationTimestamp"] = Value();
  return out;
}

}  // namespace fairlead::apiserver
