// EmbeddedTest: an embedded API server of its own for each test, which counts writes, and the operator as a
// process.
#pragma once

#include "tests/integration/operator/user_test.h"
#include "tests/support/apiserver/server.h"

namespace fairlead::testing {

class EmbeddedTest : public UserTest {
 protected:
  // lax: definitions of the plural names that shall take any content, as if nothing were validated.
  void StartServer(const std::set<std::string>& lax = {});
  // Of our own kinds, and of Gateway API.
  static void Define(apiserver::ApiServer* server, const std::set<std::string>& lax = {});
  void StartOperator(const std::vector<std::string>& flags = {});  // and waits until it is ready
  void TearDown() override;

  // In process, whatever the content; fails the test when it cannot.
  void Store(const std::string& json);
  // Writes of the operator to the status of the RetryTimeoutPolicy.
  size_t StatusWrites(const std::string& ns, const std::string& name);

  std::unique_ptr<apiserver::ApiServer> server_;
  OperatorProcess operator_;
};

}  // namespace fairlead::testing
