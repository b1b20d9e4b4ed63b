// YamlBuilder: turns the events of one YAML document into JSON text and the lines of its values.
//
// Who calls: ParseYaml, once a document. An anchor keeps the JSON of its node, an alias copies it, so that
// the cost of an alias is what it adds to the output, and that is bounded. Merge keys are resolved when their
// mapping ends. Internal to crds/base.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/result.h"
#include "crds/base/yaml.h"
#include "crds/base/yaml_scalar.h"

namespace fairlead {

using YamlResult = Result<void, YamlProblem>;

class YamlBuilder {
 public:
  // What is left for all documents of a stream; shared by their builders.
  struct Budget {
    size_t nodes = 0;
    size_t alias_bytes = 0;
    size_t depth = 0;
  };
  struct Mark {
    size_t line = 1;  // from 1
    size_t column = 1;
  };

  explicit YamlBuilder(Budget* budget) : budget_(budget) {}

  // The events. `tag` in long form ("tag:yaml.org,2002:str") or empty; `plain`: written without quotes.
  YamlResult Scalar(std::string_view value, std::string_view tag, bool plain, std::string_view anchor,
                    Mark at);
  YamlResult Begin(bool mapping, std::string_view anchor, Mark at);
  YamlResult End(Mark at);
  YamlResult Alias(std::string_view anchor, Mark at);

  std::string TakeJson() { return std::move(out_); }
  std::vector<uint32_t> TakeLines() { return std::move(lines_); }

 private:
  struct Anchor {
    std::string json;
    std::vector<uint32_t> lines;
    bool string_key = false;
    bool open = true;  // inside itself
  };
  struct Member {
    size_t key = 0, key_end = 0;  // in out_, with quotes
    size_t value = 0;
    size_t first_line = 0;  // in lines_
    uint32_t line = 0;
    bool merge = false;
  };
  struct Frame {
    bool mapping = false;
    bool value_next = false;  // a key was read
    bool any = false;
    bool merges = false;
    size_t begin = 0;         // in out_
    size_t first_line = 0;    // in lines_
    size_t first_member = 0;  // in members_
    std::string anchor;
  };
  struct MergePart;

  bool KeyNext() const { return !frames_.empty() && frames_.back().mapping && !frames_.back().value_next; }
  YamlResult Key(const std::string& text, bool merge, Mark at);
  YamlResult BeforeValue(Mark at);  // separator, line, budget
  void AfterValue();
  YamlResult CheckDuplicates(const Frame& frame) const;
  YamlResult Merge(const Frame& frame, Mark at);
  YamlResult Collect(std::string_view object, const uint32_t* lines, Mark at,
                     std::vector<MergePart>* out) const;
  std::string_view KeyText(const Member& m) const {
    return std::string_view(out_).substr(m.key, m.key_end - m.key);
  }

  Budget* budget_;
  std::string out_;
  std::vector<uint32_t> lines_;
  std::vector<Frame> frames_;
  std::vector<Member> members_;  // of the open mappings, outermost first
  std::map<std::string, Anchor, std::less<>> anchors_;
};

Unexpected<YamlProblem> YamlError(YamlBuilder::Mark at, std::string what);

}  // namespace fairlead
