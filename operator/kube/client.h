// Client: typed calls to the Kubernetes API.
//
// Who calls: reconcilers' appliers, leader election, the command line. Thread-safe; each call blocks its
// caller until the reply. Errors carry a class from one mapping (crds/base/kube_wire.h). Every write passes
// the gate (the lease's fence) right before it is sent, and none can be carried out twice with a different
// outcome: a create names its object, an update and a status patch carry the resource version that was read,
// a delete carries the uid.
//
//   Result<Written> w = client.Apply(path, json, {.manager = "fairlead/waypoints"});
//   if (!w && w.error().error_class == ErrorClass::kConflict) …
#pragma once

#include <stop_token>
#include <string>
#include <utility>

#include "crds/base/result.h"
#include "crds/object/decode.h"
#include "operator/kube/resource.h"
#include "operator/kube/transport.h"

namespace fairlead::kube {

struct ObjectName {
  Resource resource;
  std::string ns;  // empty: cluster-scoped
  std::string name;

  std::string ToString() const { return resource.ToString() + " " + NamespacedName{ns, name}.ToString(); }
  friend auto operator<=>(const ObjectName&, const ObjectName&) = default;
};

// What a write left behind.
struct Written {
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  std::string body;                   // the object as JSON
  std::vector<std::string> warnings;  // of the API server, for the user
};

struct ApplyOptions {
  std::string manager;           // field manager, "fairlead/<concern>"
  bool force = true;             // take fields over from other managers; false: kConflict names them
  std::string subresource;       // "" or "status"
  std::string resource_version;  // not empty: only over this version of the object
  bool dry_run = false;
};

struct DeleteOptions {
  std::string uid;               // required: the object that was meant
  std::string resource_version;  // not empty: only this version of it
  std::string propagation = "Background";
  bool dry_run = false;
};

// May this process write now? Asked right before each write is sent.
class WriteGate {
 public:
  virtual ~WriteGate() = default;
  // An error: no. Else how long a reply may be waited for.
  virtual Result<std::chrono::milliseconds> Open() = 0;
};

class Client {
 public:
  // The gate may be null (command line, tests). Neither is owned. The timeout is that of one call.
  explicit Client(HttpTransport* transport, WriteGate* gate = nullptr,
                  std::chrono::milliseconds timeout = std::chrono::seconds(30))
      : transport_(transport), gate_(gate), timeout_(timeout) {}

  Result<std::string> GetJson(const std::string& path, std::stop_token stop = {});
  Result<std::string> GetJson(const ObjectName& name, std::stop_token stop = {}) {
    return GetJson(ObjectPath(name.resource, name.ns, name.name), std::move(stop));
  }
  // A list of the objects' metadata alone, as far as the server can send that.
  Result<std::string> GetMetadataList(const std::string& path, std::stop_token stop = {});
  // The same of all objects of a kind, in all namespaces; all pages.
  Result<std::vector<ObjectMeta>> ListMetadata(Kind kind, std::stop_token stop = {});
  Result<AnyObject> Get(Kind kind, const NamespacedName& name, std::stop_token stop = {});
  // All pages.
  Result<std::vector<AnyObject>> List(Kind kind, const std::string& ns = "",
                                      const std::string& label_selector = "", std::stop_token stop = {});

  // kDryRun: the API server judges it as any other write, and stores nothing.
  enum class Mode : unsigned char { kStore, kDryRun };
  Result<Written> Create(const ObjectName& name, const std::string& json, const std::string& manager,
                         Mode mode = Mode::kStore);
  // The object must hold metadata.resourceVersion.
  Result<Written> Update(const ObjectName& name, const std::string& json, const std::string& manager,
                         const std::string& subresource = "", Mode mode = Mode::kStore);
  Result<Written> Apply(const ObjectName& name, const std::string& json, const ApplyOptions& options);
  // A merge patch (RFC 7386). resource_version: the version that was read; empty only where the patch is such
  // that it may be carried out on any. kMetadata: of the object as it is now no more than that is asked for.
  enum class Reply : unsigned char { kObject, kMetadata };
  Result<Written> MergePatch(const ObjectName& name, const std::string& patch,
                             const std::string& resource_version, const std::string& manager,
                             const std::string& subresource = "", Reply reply = Reply::kObject);
  Result<void> Delete(const ObjectName& name, const DeleteOptions& options);

 private:
  Result<std::string> Read(const std::string& path, const std::string& accept, std::string* content_type,
                           std::stop_token stop);
  Result<HttpResponse> Send(HttpRequest request);
  Result<Written> Write(HttpRequest request);

  HttpTransport* const transport_;
  WriteGate* const gate_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace fairlead::kube
