#include "operator/runtime/lease_runner.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/kube/fake_transport.h"

namespace fairlead::runtime {
namespace {

using testing::FakeTransport;

TEST(LeaseRunner, SaysWhatKeepsItFromLeading) {
  FakeTransport transport([](const kube::HttpRequest& request) -> Result<kube::HttpResponse> {
    // There is no lease, which is well; and none may be made, which is not.
    return request.method == "GET"
               ? FakeTransport::Json(
                     404, R"({"kind":"Status","reason":"NotFound","message":"no lease","code":404})")
               : FakeTransport::Json(
                     403, R"({"kind":"Status","reason":"Forbidden","message":"no right","code":403})");
  });
  Fence fence;
  std::promise<Error> trouble;
  bool told = false;
  LeaseRunner lease(
      &transport, "ns", "leader", {.identity = "a"}, &fence, [] { FAIL() << "leads"; }, [] {});
  lease.OnTrouble([&](const Error& error) {
    if (!std::exchange(told, true)) trouble.set_value(error);
  });
  lease.Start();
  const Error error = trouble.get_future().get();
  lease.Stop();
  EXPECT_EQ(error.error_class, ErrorClass::kForbidden);
  EXPECT_NE(error.message.find("no right"), std::string::npos) << error.message;
  EXPECT_FALSE(fence.Leading());
}

}  // namespace
}  // namespace fairlead::runtime
