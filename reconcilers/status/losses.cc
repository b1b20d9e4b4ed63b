#include "reconcilers/status/losses.h"

#include <map>
#include <tuple>

#include "reconcilers/policy/print.h"

namespace fairlead::reconcilers {

std::string PathsOf(uint32_t fields) {
  std::string out;
  for (size_t field = 0; field < kPolicyFieldCount; ++field) {
    if ((fields >> field & 1) == 0) continue;
    if (!out.empty()) out += ", ";
    out += PathOf(static_cast<PolicyField>(field));
  }
  return out;
}

std::string DescribeLosses(const std::vector<const Outcome*>& outcomes) {
  using Winner = std::tuple<LossReason, Level, ObjectKey>;
  std::map<Winner, uint32_t> fields;
  std::map<Winner, std::string> names;
  for (const Outcome* outcome : outcomes) {
    for (const Loss& loss : outcome->losses) {
      const Winner winner{loss.reason, loss.winner.level, loss.winner.object};
      fields[winner] |= loss.fields;
      names[winner] = Describe(loss.winner);
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [winner, lost] : fields) {
    std::string sentence = PathsOf(lost);
    const auto& [reason, level, object] = winner;
    sentence += " lost to " + names[winner] + " (" + std::string(ToString(level)) + "), which ";
    sentence += level == Level::kInline ? "says it in the rule itself" : std::string(ToString(reason));
    sentences.push_back(std::move(sentence));
  }
  return JoinBounded(sentences, "; ");
}

std::string CutText(std::string_view text, size_t max) {
  if (text.size() <= max) return std::string(text);
  const std::string rest = "... (" + std::to_string(text.size()) + " bytes)";
  size_t end = max > rest.size() ? max - rest.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + rest;
}

std::string JoinBounded(const std::vector<std::string>& items, const std::string& separator, size_t max) {
  std::string out;
  for (size_t i = 0; i < items.size() && i < max; ++i) {
    if (i > 0) out += separator;
    out += items[i];
  }
  if (items.size() > max) out += separator + "and " + std::to_string(items.size() - max) + " more";
  return out;
}

}  // namespace fairlead::reconcilers
