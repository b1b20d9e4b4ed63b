// Review: one AdmissionReview request (admission.k8s.io/v1) as a checked value.
//
// Who calls: the webhook's way from body to verdict (webhooks/verdict/gate.h), tests, the fuzz target.
// Whatever the bytes are, the answer is a Review or a Malformed that says what is wrong and carries the UID
// where one can be read, so that a reply can be matched to its request. Pure. A Review owns the document that
// its nodes look into.
//
//   Result<Review, Malformed> review = ReadReview(body);
//   if (!review) return PrintMalformed(review.error());
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/result.h"

namespace fairlead::webhooks {

// The API server takes requests of up to 3 MiB and sends the object as it is and as it was.
inline constexpr size_t kMaxReviewBytes = 8u << 20;
inline constexpr size_t kMaxUid = 128;  // the API server's have 36 characters

enum class Operation : unsigned char { kCreate, kUpdate, kDelete, kConnect };
std::string_view ToString(Operation operation);  // "CREATE"

struct GroupVersionKind {
  std::string group;
  std::string version;
  std::string kind;
  friend bool operator==(const GroupVersionKind&, const GroupVersionKind&) = default;
};

struct User {
  std::string name;
  std::vector<std::string> groups;
};

struct Review {
  explicit Review(JsonDocument d) : document(std::move(d)) {}

  std::string uid;
  GroupVersionKind kind;    // of the object as it is sent: that of the webhook's rule
  std::string subresource;  // "status"; empty: the object itself
  NamespacedName name;      // the name is empty where the API server makes it of generateName
  Operation operation = Operation::kCreate;
  bool dry_run = false;
  std::string field_manager;  // of the request's options; may be empty
  User user;
  std::optional<JsonNode> object;      // CREATE, UPDATE: there, and an object
  std::optional<JsonNode> old_object;  // UPDATE, DELETE: as stored

 private:
  JsonDocument document;
};

struct Malformed {
  std::string uid;  // empty: none can be read
  std::string message;
};

Result<Review, Malformed> ReadReview(std::string_view body);

}  // namespace fairlead::webhooks
