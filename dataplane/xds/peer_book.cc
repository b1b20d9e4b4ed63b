#include "dataplane/xds/peer_book.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::xds {
namespace {

constexpr size_t kMaxMessage = 4u << 20;
constexpr size_t kMaxText = 1024;

Unexpected<Error> Malformed(const std::string& what) {
  return Unexpected(Error{ErrorClass::kInvalid, "report of a replica: " + what});
}

std::optional<Audience> ParseAudience(std::string_view text) {
  const size_t slash = text.find('/');
  const bool two_words = slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() &&
                         text.find('/', slash + 1) == std::string_view::npos;
  if (!two_words) return std::nullopt;
  return Audience{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

bool ReadProxies(const JsonNode& node, PeerReport* out) {
  for (const auto& [name, ids] : node.Members()) {
    const std::optional<Audience> audience = ParseAudience(name);
    if (!audience || !JsonNode(ids).IsArray()) return false;
    std::set<std::string>& connected = out->proxies[*audience];
    for (const JsonNode id : JsonNode(ids).Items()) connected.insert(std::string(id.AsString()));
  }
  return true;
}

bool ReadObject(const JsonNode& node, PeerReport::Object* out) {
  const KindInfo* kind = FindKind(node.StringAt("group"), node.StringAt("kind"));
  if (kind == nullptr) return false;
  out->key = {kind->kind, std::string(node.StringAt("namespace")), std::string(node.StringAt("name"))};
  if (const auto generation = node.Find("generation")) out->generation = generation->AsInt().value_or(0);
  if (const auto drilling = node.Find("drilling")) {
    for (const JsonNode entry : drilling->Items()) {
      const std::optional<Audience> audience = ParseAudience(entry.StringAt("audience"));
      if (!audience) return false;
      out->drilling.insert({*audience, std::string(entry.StringAt("id"))});
    }
  }
  const auto behind = node.Find("behind");
  if (!behind) return true;
  for (const JsonNode entry : behind->Items()) {
    const std::optional<Audience> audience = ParseAudience(entry.StringAt("audience"));
    if (!audience) return false;
    out->behind[{*audience, std::string(entry.StringAt("id"))}] =
        std::string(entry.StringAt("rejects").substr(0, kMaxText));
  }
  return true;
}

}  // namespace

std::string PeerReportJson(const PeerReport& report) {
  Json::Value out(Json::objectValue);
  out["whole"] = report.whole;
  for (const auto& [audience, ids] : report.proxies) {
    Json::Value& list = out["proxies"][audience.ToString()] = Json::Value(Json::arrayValue);
    for (const std::string& id : ids) list.append(id);
  }
  for (const PeerReport::Object& object : report.objects) {
    Json::Value& entry = out["objects"].append(Json::Value(Json::objectValue));
    const KindInfo& kind = InfoOf(object.key.kind);
    entry["group"] = std::string(kind.group);
    entry["kind"] = std::string(kind.name);
    entry["namespace"] = object.key.ns;
    entry["name"] = object.key.name;
    entry["generation"] = Json::Int64(object.generation);
    for (const auto& [proxy, text] : object.behind) {
      Json::Value& one = entry["behind"].append(Json::Value(Json::objectValue));
      one["audience"] = proxy.first.ToString();
      one["id"] = proxy.second;
      if (!text.empty()) one["rejects"] = text;
    }
    for (const auto& [audience, id] : object.drilling) {
      Json::Value& one = entry["drilling"].append(Json::Value(Json::objectValue));
      one["audience"] = audience.ToString();
      one["id"] = id;
    }
  }
  return WriteJson(out);
}

Result<PeerReport> ParsePeerReport(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::Parse(json, kMaxMessage);
  if (!document) return Malformed(document.error().message);
  PeerReport report;
  const JsonNode root = document->root();
  if (const auto whole = root.Find("whole")) report.whole = whole->AsBool().value_or(false);
  if (const auto proxies = root.Find("proxies"); proxies && !ReadProxies(*proxies, &report)) {
    return Malformed("proxies");
  }
  const auto objects = root.Find("objects");
  if (!objects) return report;
  for (const JsonNode node : objects->Items()) {
    if (!ReadObject(node, &report.objects.emplace_back())) return Malformed("objects");
  }
  return report;
}

void PeerBook::OnChange(Changed changed) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(changed);
}

Result<uint64_t> PeerBook::Open() {
  const std::lock_guard lock(mutex_);
  if (peers_.size() >= kMaxPeers) return Malformed("too many replicas");
  peers_[++last_];
  return last_;
}

Result<void> PeerBook::Tell(uint64_t peer, PeerReport report) {
  std::set<ObjectKey> objects;
  std::set<Audience> audiences;
  Changed changed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return Malformed("it was closed");
    Peer& told = found->second;
    if (report.whole) {
      for (const auto& [audience, ids] : told.proxies) audiences.insert(audience);
      told = {};
    }
    for (auto& [audience, ids] : report.proxies) {
      audiences.insert(audience);
      told.proxies[audience] = std::move(ids);
      if (told.proxies[audience].empty()) told.proxies.erase(audience);
    }
    for (PeerReport::Object& object : report.objects) {
      objects.insert(object.key);
      if (object.generation == 0) {
        told.objects.erase(object.key);
      } else {
        const ObjectKey key = object.key;
        told.objects[key] = std::move(object);
      }
    }
    size_t proxies = 0;
    for (const auto& [audience, ids] : told.proxies) proxies += ids.size();
    if (told.objects.size() > kMaxObjects || proxies > kMaxProxies) return Malformed("it says too much");
    changed = changed_;
  }
  if (changed) changed(objects, audiences);
  return {};
}

void PeerBook::Close(uint64_t peer) {
  std::set<Audience> audiences;
  Changed changed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return;
    for (const auto& [audience, ids] : found->second.proxies) audiences.insert(audience);
    peers_.erase(found);
    changed = changed_;
  }
  if (changed) changed({}, audiences);
}

std::set<std::string> PeerBook::ConnectedTo(const Audience& audience) const {
  std::set<std::string> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, peer] : peers_) {
    const auto found = peer.proxies.find(audience);
    if (found != peer.proxies.end()) out.insert(found->second.begin(), found->second.end());
  }
  return out;
}

PeerBook::Standing PeerBook::StandingOf(const ProxyName& proxy, const ObjectKey& object, int64_t generation,
                                        std::string* why, bool* drills) const {
  const std::lock_guard lock(mutex_);
  Standing standing = Standing::kLagging;
  for (const auto& [number, peer] : peers_) {  // the newest stream has the last word
    const auto connected = peer.proxies.find(proxy.first);
    if (connected == peer.proxies.end() || !connected->second.contains(proxy.second)) continue;
    standing = Standing::kLagging;
    if (drills != nullptr) *drills = false;
    const auto told = peer.objects.find(object);
    if (told == peer.objects.end() || told->second.generation != generation) continue;
    if (drills != nullptr) *drills = told->second.drilling.contains(proxy);
    const auto behind = told->second.behind.find(proxy);
    if (behind == told->second.behind.end()) {
      standing = Standing::kProgrammed;
    } else if (!behind->second.empty()) {
      standing = Standing::kRejected;
      *why = behind->second;
    }
  }
  return standing;
}

size_t PeerBook::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

}  // namespace fairlead::xds
