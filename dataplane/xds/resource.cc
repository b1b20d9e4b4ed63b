#include "dataplane/xds/resource.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace fairlead::xds {
namespace {

struct TypeInfo {
  std::string_view name;
  std::string_view url;
};
constexpr std::array<TypeInfo, kTypeCount> kTypes{{
    {"Cluster", "type.googleapis.com/envoy.config.cluster.v3.Cluster"},
    {"Endpoints", "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"},
    {"Listener", "type.googleapis.com/envoy.config.listener.v3.Listener"},
    {"ScopedRoute", "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration"},
    {"Route", "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"},
    {"Runtime", "type.googleapis.com/envoy.service.runtime.v3.Runtime"},
}};

uint64_t LoadLittleEndian(const char* p, size_t n) {
  uint64_t v = 0;
  for (size_t i = 0; i < n; ++i) v |= uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
  return v;
}

uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// 16 bytes a step, the same on every machine and in every release: the version outlives the process. Not for
// secrets: who can choose the content of a resource may as well choose its meaning.
uint64_t ContentHash(std::string_view s) {
  constexpr uint64_t kA = 0x9e3779b97f4a7c15u;
  constexpr uint64_t kB = 0xc2b2ae3d27d4eb4fu;
  uint64_t h = kA ^ (s.size() * kB);
  while (!s.empty()) {
    const size_t low = std::min<size_t>(8, s.size());
    const size_t high = std::min<size_t>(8, s.size() - low);
    const uint64_t a = LoadLittleEndian(s.data(), low);
    const uint64_t b = LoadLittleEndian(s.data() + low, high);
    h = std::rotl(h, 29) ^ FoldedProduct(a ^ kB, b ^ h);  // the rotation keeps h where a factor is zero
    s.remove_prefix(low + high);
  }
  return FoldedProduct(h ^ kA, std::rotl(h, 32) ^ kB);
}

uint64_t HashOf(std::string_view message, const std::optional<Timestamp>& until) {
  if (!until) return ContentHash(message);
  return ContentHash(std::string(message).append("@").append(std::to_string(until->seconds)));
}

constexpr size_t kVersionLength = 16;
std::string Hex(uint64_t v) {
  std::string out(kVersionLength, '0');
  for (size_t i = kVersionLength; i-- > 0; v >>= 4) out[i] = "0123456789abcdef"[v & 15];
  return out;
}

size_t VarintSize(size_t v) {
  size_t n = 1;
  for (; v >= 0x80; v >>= 7) ++n;
  return n;
}

void AppendVarint(std::string* out, size_t v) {
  for (; v >= 0x80; v >>= 7) out->push_back(static_cast<char>((v & 0x7f) | 0x80));
  out->push_back(static_cast<char>(v));
}

// A length-delimited field whose number is below 16.
size_t FieldSize(size_t length) { return 1 + VarintSize(length) + length; }
void AppendFieldHead(std::string* out, int number, size_t length) {
  out->push_back(static_cast<char>(number << 3 | 2));
  AppendVarint(out, length);
}
void AppendField(std::string* out, int number, std::string_view value) {
  AppendFieldHead(out, number, value.size());
  out->append(value);
}

// DeltaDiscoveryResponse.resources = 2: Resource{version = 1, name = 3, ttl = 6, resource = 2: Any{type_url =
// 1, value = 2}}, in an order that leaves the message for the end.
struct Lengths {
  explicit Lengths(const Resource& r, size_t extra = 0)
      : any(FieldSize(TypeUrl(r.name.type).size()) + FieldSize(r.message.size())),
        resource(FieldSize(kVersionLength) + FieldSize(r.name.name.size()) + FieldSize(any) + extra) {}
  size_t any;
  size_t resource;
};

// Field ttl of Resource: google.protobuf.Duration{seconds = 1, nanos = 2}. Empty: it stays.
std::string TtlField(const Resource& resource, Timestamp now) {
  std::string out;
  if (!resource.until) return out;
  constexpr size_t kMillisecond = 1'000'000;
  const int64_t left = resource.until->seconds - now.seconds;
  std::string duration(1, static_cast<char>((left > 0 ? 1 : 2) << 3));
  AppendVarint(&duration, left > 0 ? static_cast<size_t>(left) : kMillisecond);
  AppendField(&out, 6, duration);
  return out;
}

}  // namespace

std::string_view TypeUrl(Type type) { return kTypes[static_cast<size_t>(type)].url; }
std::string_view ToString(Type type) { return kTypes[static_cast<size_t>(type)].name; }

bool TypeFromUrl(std::string_view url, Type* out) {
  for (size_t i = 0; i < kTypeCount; ++i) {
    if (kTypes[i].url == url) {
      *out = static_cast<Type>(i);
      return true;
    }
  }
  return false;
}

std::string ResourceName::ToString() const {
  return std::string(xds::ToString(type)).append(" ").append(name.view());
}

Resource::Resource(ResourceName name_in, std::string_view message_in, std::vector<ResourceName> needs_in,
                   std::vector<Source> sources_in, std::optional<Timestamp> until_in)
    : name(std::move(name_in)),
      hash(HashOf(message_in, until_in)),
      message(message_in),
      needs(std::move(needs_in)),
      sources(std::move(sources_in)),
      until(until_in) {}

ResourcePtr MakeResource(ResourceName name, std::string_view message, std::vector<ResourceName> needs,
                         std::vector<Source> sources) {
  return std::make_shared<const Resource>(std::move(name), message, std::move(needs), std::move(sources));
}

ResourcePtr MakeResource(ResourceName name, std::shared_ptr<const MessageAt> at_place,
                         std::vector<ResourceName> needs, std::vector<Source> sources) {
  const std::string message = (*at_place)({});
  auto out = std::make_shared<Resource>(std::move(name), message, std::move(needs), std::move(sources));
  out->at_place = std::move(at_place);
  return out;
}

ResourcePtr MakeEndingResource(ResourceName name, std::string_view message, std::vector<Source> sources,
                               Timestamp until) {
  return std::make_shared<const Resource>(std::move(name), message, std::vector<ResourceName>(),
                                          std::move(sources), until);
}

ResourcePtr AtPlace(const ResourcePtr& resource, const Place& place) {
  if (resource->at_place == nullptr || place == Place()) return resource;
  return MakeResource(resource->name, (*resource->at_place)(place), resource->needs, resource->sources);
}

std::string Resource::version() const { return Hex(hash); }

size_t Resource::wire_size() const { return FieldSize(Lengths(*this).resource); }

std::string Resource::Head(Timestamp now) const {
  const std::string ttl = TtlField(*this, now);
  const Lengths lengths(*this, ttl.size());
  std::string out;
  out.reserve(FieldSize(lengths.resource) - message.size());
  AppendFieldHead(&out, 2, lengths.resource);
  AppendField(&out, 1, version());
  AppendField(&out, 3, name.name.view());
  out += ttl;
  AppendFieldHead(&out, 2, lengths.any);
  AppendField(&out, 1, TypeUrl(name.type));
  AppendFieldHead(&out, 2, message.size());
  return out;
}

}  // namespace fairlead::xds
