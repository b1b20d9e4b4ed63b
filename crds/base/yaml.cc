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
  const yaml_mark_t& mark() const { return event_.start_mark; }
  yaml_event_type_t type() const { return event_.type; }

 private:
  yaml_event_t event_ = {};
};

class EventReader {
 public:
  // `lines_before`: those of the file before `text`.
  EventReader(std::string_view text, size_t lines_before)
      : text_(text), lines_before_(lines_before), good_(yaml_parser_initialize(&parser_) != 0) {
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
  YamlBuilder::Mark At(const yaml_mark_t& mark) const {
    return {mark.line + 1 + lines_before_, mark.column + 1};
  }

  YamlProblem Problem() const {
    if (!good_ || parser_.error == YAML_MEMORY_ERROR) return {0, 0, "out of memory"};
    std::string what = parser_.problem ? parser_.problem : "not valid YAML";
    if (what.find("cannot start any token") != what.npos) what += " (a tab may not indent)";
    if (parser_.error == YAML_READER_ERROR) {
      const std::string_view before = text_.substr(0, std::min(parser_.problem_offset, text_.size()));
      const size_t newline = before.rfind('\n');
      const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
      return {line + lines_before_, before.size() - (newline == before.npos ? 0 : newline + 1) + 1, what};
    }
    if (parser_.context) {
      what += std::string(" ") + parser_.context + " that starts on line " +
              std::to_string(At(parser_.context_mark).line);
    }
    const YamlBuilder::Mark at = At(parser_.problem_mark);
    return {at.line, at.column, what};
  }

 private:
  yaml_parser_t parser_;
  std::string_view text_;
  size_t lines_before_;
  bool good_;
};

YamlResult Feed(Event* event, YamlBuilder::Mark at, YamlBuilder* builder) {
  const yaml_event_t& e = *event->get();
  switch (e.type) {
    case YAML_SCALAR_EVENT: {
      const auto& s = e.data.scalar;
      const bool plain = s.style == YAML_PLAIN_SCALAR_STYLE && s.plain_implicit;
      return builder->Scalar(View(s.value, s.length), View(s.tag), plain, View(s.anchor), at);
    }
    case YAML_SEQUENCE_START_EVENT:
      return builder->Begin(false, View(e.data.sequence_start.anchor), at);
    case YAML_MAPPING_START_EVENT:
      return builder->Begin(true, View(e.data.mapping_start.anchor), at);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      return builder->End(at);
    case YAML_ALIAS_EVENT:
      return builder->Alias(View(e.data.alias.anchor), at);
    default:
      return {};
  }
}

YamlBuilder::Budget BudgetOf(std::string_view text, const YamlLimits& limits) {
  return {limits.max_nodes, kFreeAliasBytes + 4 * text.size(), limits.max_depth};
}

// Appends the documents up to the first that cannot be read.
YamlResult ReadEvents(std::string_view text, size_t lines_before, YamlBuilder::Budget* budget,
                      std::vector<YamlDocument>* documents) {
  EventReader reader(text, lines_before);
  std::optional<YamlBuilder> builder;
  size_t line = 0;
  for (;;) {
    Event event;
    if (!reader.Next(&event)) return Unexpected(reader.Problem());
    const YamlBuilder::Mark at = reader.At(event.mark());
    if (event.type() == YAML_STREAM_END_EVENT) return {};
    if (event.type() == YAML_DOCUMENT_START_EVENT) {
      builder.emplace(budget);
      line = 0;
    } else if (event.type() == YAML_DOCUMENT_END_EVENT) {
      YamlDocument document{builder->TakeJson(), line, builder->TakeLines()};
      if (document.json != "null") documents->push_back(std::move(document));
    } else if (builder) {
      if (line == 0) line = at.line;
      if (auto ok = Feed(&event, at, &*builder); !ok) return ok;
    }
  }
}

// "---" (a document begins, whatever was open before) or "..." (it ends) at the start of a line, alone or
// before a space.
bool IsMarker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

// Where the documents of a text begin: at its start, and at each marker that has more before it than
// directives
// (%YAML and the like), which belong to the document behind them. Offset and number of lines before it.
std::vector<std::pair<size_t, size_t>> Beginnings(std::string_view text) {
  std::vector<std::pair<size_t, size_t>> found{{0, 0}};
  bool content = false, directives = false;
  for (size_t at = 0, line = 0; at < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view words = text.substr(at, end - at);
    if (IsMarker(words, "---") && (content || !directives)) {
      found.push_back({at, line});
      content = directives = false;
    }
    directives |= words.starts_with('%');
    content |= !words.empty() && words[0] != '%' && words[0] != '#';
    at = end + 1;
    if (IsMarker(words, "...") && at < text.size()) {
      found.push_back({at, line + 1});
      content = directives = false;
    }
  }
  return found;
}

// Each document of a text that is not whole, by itself.
YamlStream ReadApart(std::string_view text, const YamlLimits& limits) {
  YamlStream stream;
  YamlBuilder::Budget budget = BudgetOf(text, limits);
  const auto beginnings = Beginnings(text);
  size_t more = 0;
  for (size_t i = 0; i < beginnings.size(); ++i) {
    const auto [begin, lines_before] = beginnings[i];
    const size_t end = i + 1 < beginnings.size() ? beginnings[i + 1].first : text.size();
    auto ok = ReadEvents(text.substr(begin, end - begin), lines_before, &budget, &stream.documents);
    if (ok) continue;
    if (stream.problems.size() < YamlStream::kMaxProblems) {
      stream.problems.push_back(ok.error());
    } else {
      ++more;
    }
  }
  if (more > 0) {
    stream.problems.back().message +=
        "; " + std::to_string(more) + " further documents cannot be read either";
  }
  return stream;
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

namespace {

// As the key is read that is written without quotes: `on` is true in YAML 1.1.
std::string WithBooleanKeys(std::string_view path) {
  std::string out;
  for (const std::string& segment : SplitFieldPath(path))
    out += (out.empty() ? "[\"" : "\"][\"") + (segment == "on" ? "true" : segment);
  return out.empty() ? out : out + "\"]";
}

}  // namespace

size_t YamlDocument::LineOf(std::string_view path) const {
  JsonPlace place = LocateInJson(json, path);
  if (!place.whole) {
    const JsonPlace other = LocateInJson(json, WithBooleanKeys(path));
    if (other.whole) place = other;
  }
  if (place.node < lines.size()) return lines[place.node];
  const size_t offset = std::min(place.offset, json.size());
  return line +
         static_cast<size_t>(std::count(json.begin(), json.begin() + static_cast<ptrdiff_t>(offset), '\n'));
}

namespace {

// JSON or one pass over the whole; the problem is that of the first document that cannot be read.
Result<std::vector<YamlDocument>, YamlProblem> ReadWhole(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Unexpected(YamlProblem{0, 0,
                                  "input of " + std::to_string(text.size()) + " bytes is over the limit of " +
                                      std::to_string(limits.max_bytes)});
  }
  std::string_view body = text;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  const size_t first = body.find_first_not_of(" \t\r\n");
  if (first != body.npos && (body[first] == '{' || body[first] == '[')) {
    if (auto documents = ReadJson(body, limits)) return std::move(*documents);
  }
  YamlBuilder::Budget budget = BudgetOf(text, limits);
  std::vector<YamlDocument> documents;
  if (auto ok = ReadEvents(text, 0, &budget, &documents); !ok) return Unexpected(ok.error());
  return documents;
}

}  // namespace

std::string YamlProblem::ToString() const {
  if (line == 0) return message;
  return "line " + std::to_string(line) + (column > 0 ? ", column " + std::to_string(column) : "") + ": " +
         message;
}

Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, const YamlLimits& limits) {
  Result<std::vector<YamlDocument>, YamlProblem> whole = ReadWhole(text, limits);
  if (!whole) return Unexpected(Error{ErrorClass::kInvalid, whole.error().ToString()});
  return *std::move(whole);
}

YamlStream ReadYamlStream(std::string_view text, const YamlLimits& limits) {
  Result<std::vector<YamlDocument>, YamlProblem> whole = ReadWhole(text, limits);
  if (whole) return {*std::move(whole), {}};
  if (whole.error().line == 0) return {{}, {whole.error()}};
  return ReadApart(text, limits);
}

}  // namespace fairlead
