#include "operator/runtime/metered_transport.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/kube/fake_transport.h"

namespace fairlead::runtime {
namespace {

using testing::FakeTransport;

TEST(MeteredTransport, CountsEachRequestOnceByItsOutcome) {
  testing::FakeClock clock;
  Metrics metrics;
  FakeTransport inner([](const kube::HttpRequest& request) -> Result<kube::HttpResponse> {
    if (request.path == "/down") return Unexpected(Error{ErrorClass::kTransient, "down"});
    return FakeTransport::Json(request.path == "/taken" ? 409 : 200, "{}");
  });
  MeteredTransport transport(&inner, &metrics, &clock);
  for (const char* path : {"/a", "/b", "/taken", "/down"})
    (void)transport.Call({.method = "PATCH", .path = path});
  auto watch = transport.Open({.path = "/a", .streaming = true});
  EXPECT_EQ((*watch)->Next({}, {}).status, 200);
  watch->reset();
  const std::string text = metrics.Text();
  for (const char* line : {"fairlead_api_requests_total{code=\"2xx\",verb=\"PATCH\"} 2\n",
                           "fairlead_api_requests_total{code=\"409\",verb=\"PATCH\"} 1\n",
                           "fairlead_api_requests_total{code=\"none\",verb=\"PATCH\"} 1\n",
                           "fairlead_api_requests_total{code=\"2xx\",verb=\"WATCH\"} 1\n",
                           "fairlead_api_request_seconds_count{verb=\"PATCH\"} 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace fairlead::runtime
