// Core: what the parts of the API share: options, objects, resources, the source of names and times.
//
// Who calls: Api owns one and hands it to the reader, the writer, the remover and the lifecycle. `mutex` is
// held over a whole read-modify-write; Store has its own lock and may be read without it.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <string>

#include "crds/base/clock.h"
#include "crds/base/secret.h"
#include "tests/support/apiserver/registry.h"
#include "tests/support/apiserver/request.h"
#include "tests/support/apiserver/store.h"

namespace fairlead::apiserver {

struct ApiOptions {
  const Clock* clock = &Clock::System();
  std::string openapi_dir;             // see Registry
  std::map<std::string, User> tokens;  // bearer token → user; empty: everybody is system:admin
  uint64_t seed = 1;                   // of uids and generated names: the same requests give the same objects
  size_t max_body_bytes = 3u << 20;
  size_t watch_buffer = 10'000;  // changes that a watch may lag behind before it is cut
  Store::Limits store;
  std::string git_version = "v1.36.3";
};

// Names and uids from a seeded generator.
class IdSource {
 public:
  explicit IdSource(uint64_t seed) : random_(seed) {}
  std::string Uid();
  std::string Suffix();  // five letters, as generateName has them

 private:
  std::mt19937_64 random_;
};

struct Core {
  explicit Core(ApiOptions o)
      : options(std::move(o)), store(options.store), registry(options.openapi_dir), ids(options.seed) {}

  std::string Now() const { return options.clock->WallNow().ToString(); }

  const ApiOptions options;
  Store store;
  std::mutex mutex;  // guards registry and ids, and makes writes one after the other
  Registry registry;
  IdSource ids;
};

// An object as a version of its resource shows it.
Value Render(Registry& registry, const Resource& resource, const Value& object);

StoreKey KeyOf(const Resource& resource, const Value& object);
std::string NameOf(const Value& object);
std::string NamespaceOf(const Value& object);

}  // namespace fairlead::apiserver
