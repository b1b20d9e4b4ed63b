#include "tests/integration/helm/rights_audit.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::testing {

Audit ReadAudit(const std::string& file, std::streamoff offset) {
  Audit audit;
  std::ifstream log(file);
  log.seekg(offset);
  for (std::string line; std::getline(log, line);) {
    const Result<JsonDocument> document = JsonDocument::Parse(line);
    if (!document) continue;  // it is being written
    const Json::Value event = ToJsonValue(document->root());
    const Json::Value& object = event["objectRef"];
    std::string resource = object["apiGroup"].asString() + "/" + object["resource"].asString();
    if (object.isMember("subresource")) resource += "/" + object["subresource"].asString();
    std::vector<std::string> verbs = {event["verb"].asString()};
    // What makes the object by server-side apply or by PUT needs both rights, and is logged under one.
    if (event["responseStatus"]["code"] == 201) verbs.emplace_back("create");
    for (const std::string& verb : verbs) {
      audit.used.insert(resource + " " + verb);
      audit.used.insert(resource + " " + verb + " " + object["name"].asString());
    }
    if (event["annotations"]["authorization.k8s.io/decision"] == "forbid") audit.refused.insert(line);
  }
  return audit;
}

std::set<std::string> Granted(const Json::Value& role) {
  std::set<std::string> out;
  for (const Json::Value& rule : role["rules"]) {
    for (const Json::Value& group : rule["apiGroups"]) {
      for (const Json::Value& resource : rule["resources"]) {
        for (const Json::Value& verb : rule["verbs"]) {
          const std::string what = group.asString() + "/" + resource.asString() + " " + verb.asString();
          if (!rule.isMember("resourceNames")) out.insert(what);
          for (const Json::Value& name : rule["resourceNames"]) out.insert(what + " " + name.asString());
        }
      }
    }
  }
  EXPECT_FALSE(out.empty());
  return out;
}

}  // namespace fairlead::testing
