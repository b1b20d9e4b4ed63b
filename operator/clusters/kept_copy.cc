#include "operator/clusters/kept_copy.h"

#include <zlib.h>

#include "crds/base/json.h"
#include "crds/base/json_object.h"
#include "operator/clusters/copy_text.h"
#include "operator/clusters/gzip.h"

namespace fairlead::clusters {
namespace {

Result<CopyHeader> HeaderOf(const JsonNode& root) {
  const auto format = root.Find("format");
  if (!format || !format->AsInt()) return Refused("has no format");
  if (*format->AsInt() != kCopyFormat) {
    return Refused("has format " + std::to_string(*format->AsInt()) + ", this version reads " +
                   std::to_string(kCopyFormat));
  }
  CopyHeader out;
  out.cluster = root.StringAt("cluster");
  out.identity = root.StringAt("identity");
  out.by = root.StringAt("by");
  if (!Timestamp::Parse(root.StringAt("heard"), &out.heard)) return Refused("does not say when it was heard");
  return out;
}

}  // namespace

std::string IdentityOf(const kube::ClusterConfig& config) {
  const auto* authority = reinterpret_cast<const Bytef*>(config.ca_pem.data());
  const uLong sum = crc32(crc32(0, nullptr, 0), authority, static_cast<uInt>(config.ca_pem.size()));
  return config.server + " (authority " + std::to_string(sum) + ")";
}

Result<std::string> EncodeCopy(const CopyHeader& header, const reconcilers::Known& known) {
  std::string text;
  {
    JsonObject copy(&text);
    copy.Number("format", kCopyFormat);
    copy.Text("cluster", header.cluster);
    copy.Text("identity", header.identity);
    copy.Text("by", header.by);
    copy.Text("heard", header.heard.ToString());
    copy.Key("objects");
    AppendObjects(known, &text);
  }
  if (text.size() > kMaxUnpackedCopy) {
    return Refused("it is " + std::to_string(text.size()) + " bytes of JSON, at most " +
                   std::to_string(kMaxUnpackedCopy) + " are kept");
  }
  std::string packed = Gzip(text);
  if (packed.size() > kMaxCopyBytes) {
    return Refused("it is " + std::to_string(packed.size()) + " bytes, at most " +
                   std::to_string(kMaxCopyBytes) + " are kept");
  }
  return packed;
}

Result<KeptCopy> DecodeCopy(std::string_view bytes) {
  if (bytes.size() > kMaxCopyBytes) return Refused("is longer than any copy");
  const Result<std::string> text = Gunzip(bytes, kMaxUnpackedCopy);
  if (!text) return Unexpected(text.error());
  const Result<JsonDocument> document = JsonDocument::Parse(*text, kMaxUnpackedCopy);
  if (!document) return Refused("is not JSON: " + document.error().message);
  Result<CopyHeader> header = HeaderOf(document->root());
  if (!header) return Unexpected(header.error());
  const std::optional<JsonNode> objects = document->root().Find("objects");
  if (!objects || !objects->IsObject()) return Refused("has no objects");
  KeptCopy out{*std::move(header), {}};
  for (auto [plural, list] : objects->Members()) {
    for (size_t k = 0; k < kKindCount; ++k) {
      const Kind kind = static_cast<Kind>(k);
      if (InfoOf(kind).plural != plural || !reconcilers::Remotes::IsRead(kind)) continue;
      for (const JsonNode item : JsonNode(list).Items()) {
        AnyObject object = ParseObject(kind, item).object;
        if (IsInvalid(object)) return Refused("cannot be read: " + KeyOf(object).ToString());
        out.objects.push_back(std::move(object));
      }
    }
  }
  return out;
}

std::optional<std::string> NotOf(const CopyHeader& header, const std::string& cluster,
                                 const std::string& identity) {
  if (header.cluster != cluster) return "is of cluster " + header.cluster;
  if (header.identity != identity) return "is of " + header.identity + ", not of " + identity;
  return std::nullopt;
}

}  // namespace fairlead::clusters
