// JsonObject and AppendJsonList: objects and lists of JSON written as text, without a tree of values.
//
// Who calls: what writes large objects often: statuses, copies of other clusters. Pure.
//
//   std::string out;
//   {
//     JsonObject object(&out);
//     object.Text("name", "ratings");
//     object.Key("ports");
//     AppendJsonList(ports, &out, [&](int port) { out += std::to_string(port); });
//   }  // {"name":"ratings","ports":[80,443]}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crds/base/json_text.h"

namespace fairlead {

class JsonObject {
 public:
  explicit JsonObject(std::string* out) : out_(out) { out_->push_back('{'); }
  ~JsonObject() { out_->push_back('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // The caller appends the value.
  void Key(std::string_view key) {
    if (!first_) out_->push_back(',');
    first_ = false;
    AppendJsonString(key, out_);
    out_->push_back(':');
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    AppendJsonString(text, out_);
  }
  void Number(std::string_view key, int64_t number) {
    Key(key);
    *out_ += std::to_string(number);
  }
  void Bool(std::string_view key, bool value) {
    Key(key);
    *out_ += value ? "true" : "false";
  }
  // What is said only where there is something to say.
  void TextIfAny(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }
  void NumberIfAny(std::string_view key, int64_t number) {
    if (number != 0) Number(key, number);
  }

 private:
  std::string* const out_;
  bool first_ = true;
};

template <class Items, class Append>
void AppendJsonList(const Items& items, std::string* out, Append&& append) {
  out->push_back('[');
  bool first = true;
  for (const auto& item : items) {
    if (!first) out->push_back(',');
    first = false;
    append(item);
  }
  out->push_back(']');
}

}  // namespace fairlead
