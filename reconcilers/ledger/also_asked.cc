#include "reconcilers/ledger/also_asked.h"

#include <algorithm>

#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"

namespace fairlead::reconcilers {

std::optional<Json::Value> AlsoAskedPatch(const api::PolicyChange& record, const KnownChange& here) {
  std::vector<std::string> asked = {here.intent.by.name};
  asked.insert(asked.end(), here.also_asked.begin(), here.also_asked.end());
  std::vector<std::string> all = record.also_asked;
  for (const std::string& user : asked) {
    const bool told =
        user.empty() || user == record.by.name || std::find(all.begin(), all.end(), user) != all.end();
    if (!told && all.size() < api::kMaxAlsoAsked) all.push_back(user);
  }
  if (all.size() == record.also_asked.size()) return std::nullopt;
  Json::Value patch;
  patch["metadata"]["annotations"][api::kAlsoAskedAnnotation] = WriteJson(ToJson(all));
  return patch;
}

}  // namespace fairlead::reconcilers
