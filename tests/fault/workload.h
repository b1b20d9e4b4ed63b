// Workload: what happens to a cluster while the operator is crashed: a script of steps on objects, with what
// must have come of each step before the next one begins.
//
// Who calls: Run carries it out; main lists them. Values. To add one: a function in workloads.cc or
// workloads_tenancy.cc, and its row in Workloads() or TenancyWorkloads().
//
//   {.name = "edited", .steps = {{.name = "create", .apply = "apiVersion: …", .policies = {{"shop/ratings",
//   {}}}}}}
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace fairlead::fault {

// The reasons of a policy's conditions, for its present generation.
struct Reasons {
  std::string accepted = "Accepted";
  std::string programmed = "Programmed";  // of a Workspace: of its condition Written; of its settings: Agreed
  std::string says;                       // in the message of that condition
  std::string shows = "";                 // in the status, as JSON in one line
};

struct Step {
  std::string name;
  std::string apply;                 // YAML documents, applied one after the other as the user
  std::string apply_west;            // likewise, before them, in the other cluster
  std::vector<std::string> remove;   // then deleted: paths, "/api/v1/namespaces/shop/services/search"
  std::set<std::string> programmed;  // Gateways, "namespace/name", that istiod then says to be Programmed
  // What has come of it when it has come to its end:
  // "namespace/name" of a policy, "FailoverPolicy namespace/name", "WorkspaceSettings namespace/name", or the
  // name of a Workspace → what its status says.
  std::map<std::string, Reasons> policies;
  // xDS resources that the proxy gets, loses or gets anew: "Route shop/web|80". What goes belongs here: it
  // goes after the status is written.
  std::set<std::string> pushed;
  // Objects of the operator that are there, and that are not: "networking.istio.io/virtualservices
  // shop/fairlead-web".
  std::set<std::string> present, absent;
};

struct Workload {
  std::string name;
  std::string what;                    // one line for --list
  std::vector<std::string> arguments;  // of the operator, beside those that every run gives
  int replicas = 1;                    // more than one: with leader election, and the proxy at the leader
  int points = 0;                      // crash points that the test takes, spread evenly; 0: each write
  // Objects that the garbage collector deletes while the operator looks: how often they are made depends on
  // what it sees first, so that is not compared.
  std::set<std::string> raced;
  bool access = false;  // what is open is looked at after every write (AccessWatch)
  // The proxy is sent nothing but what it has before or after the step, also by an operator that starts anew.
  bool steady = false;
  std::vector<Step> steps;  // the first one runs before the operator starts
};

const std::vector<Workload>& Workloads();
std::vector<Workload> TenancyWorkloads();  // parts of these
std::vector<Workload> ClusterWorkloads();
const Workload* FindWorkload(const std::string& name);

// The world that every workload begins with: Namespace shop with waypoint, its pod, and some services.
std::string ShopYaml();
std::string ServiceYaml(const std::string& name, const std::string& labels = "");

// In Step::apply: the kubeconfig of the other cluster in base64.
inline constexpr char kWestKubeconfig[] = "WEST_KUBECONFIG";

}  // namespace fairlead::fault
