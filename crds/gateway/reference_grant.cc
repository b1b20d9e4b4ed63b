#include "crds/gateway/reference_grant.h"

#include "crds/base/read.h"

namespace fairlead::gateway {

// gateway.networking.k8s.io_referencegrants.yaml, Gateway API 1.6; v1 and v1beta1 have the same fields.
Parsed<ReferenceGrant> ParseReferenceGrant(const JsonNode& object) {
  return ParseForeign<ReferenceGrant>(object, [](const Reader& root, ReferenceGrant* out) {
    root.Object("spec", [out](const Reader& spec) {
      spec.List("from", &out->from, [](const Reader& from, GrantFrom* to) {
        from.String("group", &to->group);
        from.RequiredString("kind", &to->kind);
        from.RequiredString("namespace", &to->ns);
      });
      spec.List("to", &out->to, [](const Reader& target, GrantTo* to) {
        target.String("group", &to->group);
        target.RequiredString("kind", &to->kind);
        target.String("name", &to->name);
      });
    });
  });
}

}  // namespace fairlead::gateway
