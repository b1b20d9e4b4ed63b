#include "reconcilers/status/losses.h"

#include <map>
#include <set>
#include <tuple>

#include "reconcilers/policy/print.h"

namespace fairlead::reconcilers {

std::string DescribeLosses(const std::vector<const Outcome*>& outcomes) {
  using Winner = std::tuple<LossReason, Level, ObjectKey>;
  std::map<Winner, std::set<PolicyField>> fields;
  std::map<Winner, std::string> names;
  for (const Outcome* outcome : outcomes) {
    for (const Loss& loss : outcome->losses) {
      const Winner winner{loss.reason, loss.winner.level, loss.winner.object};
      fields[winner].insert(loss.field);
      names[winner] = Describe(loss.winner);
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [winner, lost] : fields) {
    std::string sentence;
    for (PolicyField field : lost) {
      if (!sentence.empty()) sentence += ", ";
      sentence += PathOf(field);
    }
    const auto& [reason, level, object] = winner;
    sentence += " lost to " + names[winner] + " (" + std::string(ToString(level)) + "), which ";
    sentence += level == Level::kInline ? "says it in the rule itself" : std::string(ToString(reason));
    sentences.push_back(std::move(sentence));
  }
  return JoinBounded(sentences, "; ");
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
