#include "tests/support/apiserver/reader.h"

#include "tests/support/apiserver/watch_stream.h"

namespace fairlead::apiserver {
namespace {

bool ParseRevision(const std::string& text, uint64_t* out) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    return false;
  *out = std::stoull(text);
  return true;
}

std::string RevisionFault(const std::string& text) {
  return InvalidField("resourceVersion", Value(text),
                      "strconv.ParseUint: parsing " + QuoteJson(text) + ": invalid syntax")
      .Text();
}

Unexpected<Failure> BadRevision(const std::string& text) {
  return Unexpected(BadRequest("invalid resource version: " + RevisionFault(text)));
}

Failure TooLarge(uint64_t wanted, uint64_t current) {
  Failure out{
      504, "Timeout",
      "Too large resource version: " + std::to_string(wanted) + ", current: " + std::to_string(current),
      Object()};
  Value cause = Object();
  cause["reason"] = "ResourceVersionTooLarge";
  cause["message"] = "Too large resource version";
  out.details["causes"].append(cause);
  out.retry_after_seconds = 1;
  return out;
}

constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string ToBase64(const std::string& text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out.push_back(kLetters[(bits >> (count - 6)) & 63]);
  }
  if (count > 0) out.push_back(kLetters[(bits << (6 - count)) & 63]);
  return out;
}

std::string FromBase64(const std::string& text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = std::string_view(kLetters).find(c);
    if (value == std::string_view::npos) return "";
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) out.push_back(static_cast<char>((bits >> (count -= 8)) & 255));
  }
  return out;
}

std::string SortKey(const Value& object) { return NamespaceOf(object) + "/" + NameOf(object); }

std::string ContinueToken(uint64_t revision, const std::string& start) {
  Value token = Object();
  token["v"] = "meta.k8s.io/v1";
  token["rv"] = Int(static_cast<int64_t>(revision));
  token["start"] = start;
  return ToBase64(Print(token));
}

}  // namespace

Outcome<Selection> ParseSelection(const RequestInfo& info, const Resource& resource) {
  Selection out;
  Outcome<LabelQuery> labels = LabelQuery::Parse(info.Query("labelSelector"));
  if (!labels) return Unexpected(labels.error());
  Outcome<FieldQuery> fields = FieldQuery::Parse(info.Query("fieldSelector"), resource);
  if (!fields) return Unexpected(fields.error());
  out.labels = std::move(*labels);
  out.fields = std::move(*fields);
  return out;
}

Outcome<Response> Reader::Get() {
  const ObjectPtr found = core_.store.Get({resource_->Type(), Namespace(), info_.name});
  Outcome<Encoding> encoding = Negotiate(resource_.get(), request_, info_);
  if (!encoding) return Unexpected(encoding.error());
  uint64_t revision = 0;
  const std::string wanted = info_.Query("resourceVersion");
  if (!wanted.empty() && !ParseRevision(wanted, &revision)) return BadRevision(wanted);
  if (revision > core_.store.revision()) return Unexpected(TooLarge(revision, core_.store.revision()));
  if (!found) return Unexpected(NotFound(resource_->group, resource_->plural, info_.name));
  Response out;
  out.content_type = encoding->ContentType(false);
  out.body = Codec(core_, *resource_, *encoding).One(Render(core_.registry, *resource_, *found));
  return out;
}

// The objects to list from, and where a page starts.
Outcome<Store::Listing> Reader::Snapshot(std::string* start) const {
  const std::string type = resource_->Type();
  const std::string token = info_.Query("continue");
  const std::string version = info_.Query("resourceVersion");
  const std::string match = info_.Query("resourceVersionMatch");
  uint64_t revision = 0;
  if (!version.empty() && !ParseRevision(version, &revision)) return BadRevision(version);
  if (!token.empty()) {
    const Result<Value> parsed = ParseJson(FromBase64(token));
    if (!parsed || !parsed->isObject()) {
      return Unexpected(
          BadRequest("continue key is not valid: invalid character 'i' looking for beginning of value"));
    }
    *start = TextAt(*parsed, "start");
    std::optional<Store::Listing> past =
        core_.store.ListAt(type, Namespace(), static_cast<uint64_t>(IntAt(*parsed, {"rv"})));
    if (past) return std::move(*past);
    return Unexpected(
        Gone("The provided continue parameter is too old to display a consistent list result. You can start "
             "a new list without "
             "the continue parameter."));
  }
  if (revision > core_.store.revision()) return Unexpected(TooLarge(revision, core_.store.revision()));
  if (match == "Exact" && revision > 0) {
    std::optional<Store::Listing> past = core_.store.ListAt(type, Namespace(), revision);
    if (past) return std::move(*past);
    return Unexpected(Gone("The resourceVersion for the provided list is too old."));
  }
  return core_.store.List(type, Namespace());
}

Outcome<Response> Reader::List() {
  Outcome<Encoding> encoding = Negotiate(resource_.get(), request_, info_);
  if (!encoding) return Unexpected(encoding.error());
  Outcome<Selection> selection = ParseSelection(info_, *resource_);
  if (!selection) return Unexpected(selection.error());
  std::string start;
  Outcome<Store::Listing> listing = Snapshot(&start);
  if (!listing) return Unexpected(listing.error());
  const int64_t limit = atoll(info_.Query("limit").c_str());
  std::vector<Value> objects;
  Codec::ListMeta meta;
  meta.revision = listing->revision;
  size_t at = 0;
  for (; at < listing->items.size(); ++at) {
    const Value& object = *listing->items[at];
    if (!start.empty() && SortKey(object) <= start) continue;
    if (!selection->Matches(object)) continue;
    if (limit > 0 && static_cast<int64_t>(objects.size()) == limit) {
      meta.next = ContinueToken(listing->revision, SortKey(objects.back()));
      break;
    }
    objects.push_back(Render(core_.registry, *resource_, object));
  }
  if (!meta.next.empty() && selection->labels.empty() && selection->fields.empty()) {
    meta.remaining = static_cast<int64_t>(listing->items.size() - at);
  }
  Response out;
  out.content_type = encoding->ContentType(false);
  out.body = Codec(core_, *resource_, *encoding).List(objects, meta);
  return out;
}

Outcome<Response> Reader::Watch() {
  Outcome<Encoding> encoding = Negotiate(resource_.get(), request_, info_);
  if (!encoding) return Unexpected(encoding.error());
  Outcome<Selection> selection = ParseSelection(info_, *resource_);
  if (!selection) return Unexpected(selection.error());
  if (!info_.name.empty()) {
    selection->fields = *FieldQuery::Parse("metadata.name=" + info_.name, *resource_);
  }
  const std::string version = info_.Query("resourceVersion");
  uint64_t revision = 0;
  if (!version.empty() && !ParseRevision(version, &revision))
    return Unexpected(Failure{500, "", RevisionFault(version)});
  WatchOptions options;
  options.bookmarks = info_.QueryIs("allowWatchBookmarks");
  options.timeout_seconds =
      static_cast<int>(std::min<int64_t>(atoll(info_.Query("timeoutSeconds").c_str()), 86'400));
  const bool initial = info_.QueryIs("sendInitialEvents");
  if (initial && info_.Query("resourceVersionMatch") != "NotOlderThan") {
    return Unexpected(
        Invalid("meta.k8s.io", "ListOptions", "",
                {ForbiddenField("resourceVersionMatch",
                                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")}));
  }
  options.initial_bookmark = initial && options.bookmarks;
  const bool from_now = initial || revision == 0;
  auto stream = std::make_shared<WatchStream>(core_, resource_, *encoding, std::move(*selection), options);
  if (!stream->Start(Namespace(), from_now && info_.Query("sendInitialEvents") != "false",
                     from_now ? 0 : revision)) {
    return Unexpected(Gone("too old resource version: " + std::to_string(revision) + " (" +
                           std::to_string(core_.store.oldest_revision()) + ")"));
  }
  Response out;
  out.content_type = encoding->ContentType(true);
  out.stream = std::move(stream);
  return out;
}

}  // namespace fairlead::apiserver
