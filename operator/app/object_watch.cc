#include "operator/app/object_watch.h"

#include <utility>

#include "operator/kube/json_stream.h"

namespace fairlead::app {
namespace {

class Stream final : public kube::JsonStream {
 public:
  Stream(std::string name, ObjectWatch::Seen seen, ObjectWatch::Trouble trouble)
      : name_(std::move(name)), seen_(std::move(seen)), trouble_(std::move(trouble)) {}

  void Status(const kube::WatchStatus& status) override {
    if (trouble_ && !status.reason.empty()) trouble_(status.reason);
  }

 private:
  // Whoever does not know the selector would tell of others too.
  bool IsMine(const Json::Value& object) const { return object["metadata"]["name"] == name_; }

  void Replace(std::vector<Json::Value> objects) override {
    for (const Json::Value& object : objects) {
      if (IsMine(object)) return seen_(&object);
    }
    seen_(nullptr);
  }
  void Upsert(Json::Value object) override {
    if (IsMine(object)) seen_(&object);
  }
  void Delete(Json::Value last) override {
    if (IsMine(last)) seen_(nullptr);
  }

  const std::string name_;
  const ObjectWatch::Seen seen_;
  const ObjectWatch::Trouble trouble_;
};

kube::WatchTarget TargetOf(const kube::ObjectName& name) {
  kube::WatchTarget target;
  target.collection = kube::CollectionPath(name.resource, name.ns);
  target.field_selector = "metadata.name=" + name.name;
  return target;
}

}  // namespace

ObjectWatch::ObjectWatch(kube::HttpTransport* transport, const kube::ObjectName& name, Seen seen,
                         Trouble trouble, const Clock* clock)
    : reflector_(transport, TargetOf(name),
                 std::make_unique<Stream>(name.name, std::move(seen), std::move(trouble)),
                 kube::WatcherOptions{}, clock) {}

}  // namespace fairlead::app
