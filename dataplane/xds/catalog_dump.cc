// The dump: collected under the mutex, written without it.
#include <json/json.h>

#include "dataplane/xds/catalog_impl.h"

namespace fairlead::xds {
namespace {

constexpr size_t kMaxListed = 1000;  // pending resources a stream

struct StreamView {
  ProxyInfo info;
  Place place;
  std::vector<Type> subscribed;
  size_t acknowledged = 0;
  size_t unanswered = 0;
  size_t memory = 0;
  std::vector<std::pair<ResourceName, std::string>> pending;
  std::vector<std::pair<ResourceName, std::string>> rejected;
};
struct AudienceView {
  Audience name;
  bool served = false;
  std::vector<ResourcePtr> resources;
  std::vector<StreamView> streams;
  std::vector<std::pair<std::string, Timestamp>> disconnected;
};

StreamView View(const StreamImpl& stream) {
  const Session& session = stream.session();
  StreamView view;
  const Shelf& shelf = stream.state().shelf;
  view.info = stream.info();
  view.place = stream.state().place;
  view.unanswered = session.unanswered();
  view.memory = session.memory_bytes();
  for (size_t t = 0; t < kTypeCount; ++t) {
    const Type type = static_cast<Type>(t);
    if (session.subscribed(type)) view.subscribed.push_back(type);
    shelf.ForEach(type, [&](Slot slot) {
      const ResourceName& name = shelf.NameOf(slot);
      const Standing standing = session.StandingOf(slot);
      if (standing == Standing::kAcknowledged) ++view.acknowledged;
      if (standing == Standing::kRejected) view.rejected.emplace_back(name, session.RejectionOf(slot));
      if (standing == Standing::kPending && session.tracks(slot) && view.pending.size() < kMaxListed) {
        view.pending.emplace_back(name, session.WhyPending(slot));
      }
    });
  }
  return view;
}

AudienceView View(const AudienceState& audience) {
  AudienceView view;
  view.name = audience.name;
  view.served = audience.served;
  const Shelf& shelf = audience.anywhere().shelf;
  for (size_t t = 0; t < kTypeCount; ++t) {
    shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
      if (shelf.At(slot)) view.resources.push_back(shelf.At(slot));
    });
  }
  for (const auto& [id, proxy] : audience.proxies) {
    if (proxy.streams.empty()) view.disconnected.emplace_back(id, proxy.since);
    for (const StreamImpl* stream : proxy.streams) view.streams.push_back(View(*stream));
  }
  return view;
}

Json::Value NamesJson(const std::vector<std::pair<ResourceName, std::string>>& names, const char* what) {
  Json::Value out(Json::arrayValue);
  for (const auto& [name, text] : names) {
    Json::Value& item = out.append(Json::objectValue);
    item["type"] = std::string(ToString(name.type));
    item["name"] = name.name.str();
    item[what] = text;
  }
  return out;
}

Json::Value StreamJson(const StreamView& view) {
  Json::Value out(Json::objectValue);
  out["proxy"] = view.info.id;
  out["version"] = view.info.version;
  const api::Locality& at = view.place.locality;
  for (const auto& [name, value] :
       {std::pair("region", &at.region), {"zone", &at.zone}, {"subzone", &at.subzone}}) {
    if (!value->empty()) out[name] = *value;
  }
  for (const auto& [label, value] : view.place.labels) out["labels"][std::string(label)] = std::string(value);
  out["subscribed"] = Json::Value(Json::arrayValue);
  for (const Type type : view.subscribed) out["subscribed"].append(std::string(ToString(type)));
  out["acknowledged"] = Json::UInt64{view.acknowledged};
  out["unanswered"] = Json::UInt64{view.unanswered};
  out["memoryBytes"] = Json::UInt64{view.memory};
  out["pending"] = NamesJson(view.pending, "why");
  out["rejected"] = NamesJson(view.rejected, "text");
  return out;
}

Json::Value ResourceJson(const Resource& resource) {
  Json::Value out(Json::objectValue);
  out["type"] = std::string(ToString(resource.name.type));
  out["name"] = resource.name.name.str();
  out["version"] = resource.version();
  out["bytes"] = Json::UInt64{resource.wire_size()};
  if (resource.until) out["until"] = resource.until->ToString();
  out["sources"] = Json::Value(Json::arrayValue);
  for (const Source& source : resource.sources) {
    out["sources"].append(source.object.ToString() + "@" + std::to_string(source.generation));
  }
  if (!resource.needs.empty()) out["needs"] = Json::Value(Json::arrayValue);
  for (const ResourceName& need : resource.needs) out["needs"].append(need.ToString());
  return out;
}

}  // namespace

std::string Catalog::Dump() const {
  std::vector<AudienceView> views;
  Json::Value root(Json::objectValue);
  {
    std::lock_guard lock(impl_->mutex);
    root["ready"] = impl_->ready;
    for (const auto& [name, audience] : impl_->audiences) views.push_back(View(audience));
  }
  Json::Value& audiences = root["audiences"] = Json::Value(Json::arrayValue);
  for (const AudienceView& view : views) {
    Json::Value& out = audiences.append(Json::objectValue);
    out["name"] = view.name.ToString();
    out["served"] = view.served;
    out["resources"] = Json::Value(Json::arrayValue);
    for (const ResourcePtr& resource : view.resources) out["resources"].append(ResourceJson(*resource));
    out["streams"] = Json::Value(Json::arrayValue);
    for (const StreamView& stream : view.streams) out["streams"].append(StreamJson(stream));
    out["disconnected"] = Json::Value(Json::arrayValue);
    for (const auto& [id, since] : view.disconnected) {
      Json::Value& proxy = out["disconnected"].append(Json::objectValue);
      proxy["proxy"] = id;
      proxy["since"] = since.ToString();
    }
  }
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, root);
}

}  // namespace fairlead::xds
