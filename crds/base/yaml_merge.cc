// Merge keys (https://yaml.org/type/merge.html): a mapping's own keys win, then the earlier of the merged.
#include <set>

#include "crds/base/json_scan.h"
#include "crds/base/yaml_builder.h"

namespace fairlead {

struct YamlBuilder::MergePart {
  std::string_view key;
  std::string_view value;
  const uint32_t* lines = nullptr;
  size_t nodes = 0;
};

// The members of one merged mapping.
YamlResult YamlBuilder::Collect(std::string_view object, const uint32_t* lines, Mark at,
                                std::vector<MergePart>* out) const {
  std::vector<JsonMember> members;
  if (!JsonMembers(object, &members)) {
    return YamlError(at, "<< must be a mapping or a list of mappings");
  }
  size_t node = 1;
  for (const JsonMember& m : members) {
    out->push_back({m.key, m.value, lines + node, m.nodes});
    node += m.nodes;
  }
  return {};
}

YamlResult YamlBuilder::Merge(const Frame& frame, Mark at) {
  // Copies: what is merged is taken out of the text that is being rewritten.
  const std::string old = out_.substr(frame.begin);
  const std::vector<uint32_t> lines(lines_.begin() + static_cast<ptrdiff_t>(frame.first_line), lines_.end());
  if (old.size() > budget_->alias_bytes) return YamlError(at, "merge keys hold too much");
  budget_->alias_bytes -= old.size();

  std::vector<JsonMember> members;
  JsonMembers(old, &members);
  std::vector<MergePart> own, merged;
  size_t node = 1;
  for (size_t i = 0; i < members.size(); ++i) {
    const JsonMember& m = members[i];
    const uint32_t* at_lines = lines.data() + node;
    node += m.nodes;
    if (!members_[frame.first_member + i].merge) {
      own.push_back({m.key, m.value, at_lines, m.nodes});
      continue;
    }
    std::vector<JsonMember> items;
    if (!JsonItems(m.value, &items)) {
      if (auto ok = Collect(m.value, at_lines, at, &merged); !ok) return ok;
      continue;
    }
    size_t inner = 1;
    for (const JsonMember& item : items) {
      if (auto ok = Collect(item.value, at_lines + inner, at, &merged); !ok) return ok;
      inner += item.nodes;
    }
  }

  out_.resize(frame.begin);
  lines_.resize(frame.first_line + 1);
  out_.push_back('{');
  std::set<std::string_view> seen;
  for (const std::vector<MergePart>* parts : {&own, &merged}) {
    for (const MergePart& part : *parts) {
      if (!seen.insert(part.key).second) continue;
      if (seen.size() > 1) out_.push_back(',');
      out_.append(part.key).push_back(':');
      out_ += part.value;
      lines_.insert(lines_.end(), part.lines, part.lines + part.nodes);
    }
  }
  out_.push_back('}');
  return {};
}

}  // namespace fairlead
