#include "crds/base/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <optional>

#include "crds/base/json.h"
#include "crds/base/json_scan.h"
#include "crds/base/yaml_builder.h"

namespace fairlead {
namespace {

constexpr size_t kFreeAliasBytes = 4u << 20;

std::string_view View(const unsigned char* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}
std::string_view View(const unsigned char* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t* get() { return &event_; }
  YamlBuilder::Mark mark() const { return {event_.start_mark.line + 1, event_.start_mark.column + 1}; }

 private:
  yaml_event_t event_ = {};
};

class EventReader {
 public:
  explicit EventReader(std::string_view text) : good_(yaml_parser_initialize(&parser_) != 0) {
    if (good_) {
      yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                   text.size());
    }
  }
  ~EventReader() {
    if (good_) yaml_parser_delete(&parser_);
  }
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  bool Next(Event* event) { return good_ && yaml_parser_parse(&parser_, event->get()) != 0; }

  Unexpected<Error> Problem() const {
    if (!good_ || parser_.error == YAML_MEMORY_ERROR) {
      return Unexpected(Error{ErrorClass::kTransient, "out of memory"});
    }
    std::string what = parser_.problem ? parser_.problem : "not valid YAML";
    if (what.find("cannot start any token") != what.npos) what += " (a tab may not indent)";
    if (parser_.error == YAML_READER_ERROR) {
      return Unexpected(
          Error{ErrorClass::kInvalid, "byte " + std::to_string(parser_.problem_offset) + ": " + what});
    }
    if (parser_.context) {
      what += std::string(" ") + parser_.context + " that starts on line " +
              std::to_string(parser_.context_mark.line + 1);
    }
    return YamlError({parser_.problem_mark.line + 1, parser_.problem_mark.column + 1}, what);
  }

 private:
  yaml_parser_t parser_;
  bool good_;
};

Result<void> Feed(Event* event, YamlBuilder* builder) {
  const yaml_event_t& e = *event->get();
  switch (e.type) {
    case YAML_SCALAR_EVENT: {
      const auto& s = e.data.scalar;
      const bool plain = s.style == YAML_PLAIN_SCALAR_STYLE && s.plain_implicit;
      return builder->Scalar(View(s.value, s.length), View(s.tag), plain, View(s.anchor), event->mark());
    }
    case YAML_SEQUENCE_START_EVENT:
      return builder->Begin(false, View(e.data.sequence_start.anchor), event->mark());
    case YAML_MAPPING_START_EVENT:
      return builder->Begin(true, View(e.data.mapping_start.anchor), event->mark());
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      return builder->End(event->mark());
    case YAML_ALIAS_EVENT:
      return builder->Alias(View(e.data.alias.anchor), event->mark());
    default:
      return {};
  }
}

Result<std::vector<YamlDocument>> ReadEvents(std::string_view text, const YamlLimits& limits) {
  YamlBuilder::Budget budget{limits.max_nodes, kFreeAliasBytes + 4 * text.size(), limits.max_depth};
  std::vector<YamlDocument> documents;
  EventReader reader(text);
  std::optional<YamlBuilder> builder;
  size_t line = 0;
  for (;;) {
    Event event;
    if (!reader.Next(&event)) return reader.Problem();
    const yaml_event_type_t type = event.get()->type;
    if (type == YAML_STREAM_END_EVENT) return documents;
    if (type == YAML_DOCUMENT_START_EVENT) {
      builder.emplace(&budget);
      line = 0;
    } else if (type == YAML_DOCUMENT_END_EVENT) {
      YamlDocument document{builder->TakeJson(), line, builder->TakeLines()};
      if (document.json != "null") documents.push_back(std::move(document));
    } else if (builder) {
      if (line == 0) line = event.mark().line;
      if (auto ok = Feed(&event, &*builder); !ok) return Unexpected(ok.error());
    }
  }
}

// JSON texts, one after the other; nullopt: something else, to be read as YAML.
std::optional<std::vector<YamlDocument>> ReadJson(std::string_view text, const YamlLimits& limits) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<YamlDocument> documents;
  size_t line = 1, counted = 0;
  size_t at = text.find_first_not_of(kSpace);
  while (at != text.npos) {
    if (text[at] != '{' && text[at] != '[') return std::nullopt;
    size_t nodes = 0;
    const size_t end = SkipJsonValue(text, at, &nodes);
    if (end == text.npos || nodes > limits.max_nodes) return std::nullopt;
    line += static_cast<size_t>(std::count(text.begin() + static_cast<ptrdiff_t>(counted),
                                           text.begin() + static_cast<ptrdiff_t>(at), '\n'));
    counted = at;
    const std::string_view value = text.substr(at, end - at);
    if (!JsonDocument::Parse(value, limits.max_bytes)) return std::nullopt;
    documents.push_back({std::string(value), line, {}});
    at = text.find_first_not_of(kSpace, end);
  }
  return documents;
}

}  // namespace

size_t YamlDocument::LineOf(std::string_view path) const {
  const JsonPlace place = LocateInJson(json, path);
  if (place.node < lines.size()) return lines[place.node];
  const size_t offset = std::min(place.offset, json.size());
  return line +
         static_cast<size_t>(std::count(json.begin(), json.begin() + static_cast<ptrdiff_t>(offset), '\n'));
}

Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Unexpected(Error{ErrorClass::kInvalid, "input of " + std::to_string(text.size()) +
                                                      " bytes is over the limit of " +
                                                      std::to_string(limits.max_bytes)});
  }
  std::string_view body = text;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  const size_t first = body.find_first_not_of(" \t\r\n");
  if (first != body.npos && (body[first] == '{' || body[first] == '[')) {
    if (auto documents = ReadJson(body, limits)) return std::move(*documents);
  }
  return ReadEvents(text, limits);
}

}  // namespace fairlead
