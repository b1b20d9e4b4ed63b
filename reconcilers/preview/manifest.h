// Manifest: an object of the input of a preview, as it is written and, of kinds that World reads, as it is
// read.
//
// Who calls: the command line makes them of files and of a cluster; preview.h. Values; pure.
//
//   std::optional<Manifest> manifest = ReadManifest(document.json, "shop.yaml:12");
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "crds/object/any_object.h"

namespace fairlead::reconcilers::preview {

// An object's name among objects of all kinds.
struct ManifestId {
  std::string group, kind;  // "" for core
  NamespacedName name;
  std::string ToString() const;  // "Service shop/ratings"; printable
  friend auto operator<=>(const ManifestId&, const ManifestId&) = default;
  friend bool operator==(const ManifestId&, const ManifestId&) = default;
};

struct Manifest {
  ManifestId id;
  std::string json;                 // the whole object
  std::optional<AnyObject> object;  // of a kind that World reads
  std::string place;                // "shop.yaml:12", for messages
};

// nullopt: no object with a kind and a name. `default_namespace`: for what has none and needs one.
std::optional<Manifest> ReadManifest(std::string_view json, const std::string& default_namespace,
                                     std::string place);

// What the API server has after an apply of `applied` over `stored`: what is written now, what others added,
// without what the last apply had written and this one leaves out (its annotation says so). Lists of the same
// length keep the defaults of their elements; others are replaced.
Json::Value Merge(const Json::Value& stored, const Json::Value& applied);

Json::Value ParseValue(std::string_view json);  // null where it is none

// By kubectl apply, which leaves an annotation.
bool WasApplied(const Json::Value& object);

// Written by Fairlead itself, by its labels.
bool IsOwned(const Json::Value& object);

}  // namespace fairlead::reconcilers::preview
