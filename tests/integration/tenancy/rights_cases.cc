#include "tests/integration/tenancy/rights_cases.h"

#include <array>
#include <random>

#include "tests/support/shop_workspace.h"

namespace fairlead::testing {

const std::string kRightsWorkspace = std::string(kShopWorkspace) + R"(  - name: leads
    subjects: [{kind: User, name: lea}]
    allow:
    - {kinds: [RetryTimeoutPolicy, WorkspaceSettings], scopes: [Workspace]}
    - {kinds: [FailoverPolicy], fields: [spec.localities, spec.priorityLabels, spec.minHealthyPercent]}
  - name: platform
    subjects: [{kind: Group, name: sre}]
    allow:
    - {kinds: [RetryTimeoutPolicy], scopes: [Workspace, Mesh], overrideMode: true}
    - kinds: [FailoverPolicy, RetryTimeoutPolicy]
      bounds: {spec.minHealthyPercent: {min: 80}, spec.outlierDetection.interval: {max: 1m}, spec.retries.attempts: {max: 1}}
  - name: tuners
    subjects: [{kind: User, name: tina}]
    allow:
    - kinds: [RetryTimeoutPolicy]
      fields: [spec.retries]
      targets: {matchExpressions: [{key: tier, operator: In, values: [web, api]}, {key: legacy, operator: DoesNotExist}]}
      bounds: {spec.retries.budget.percent: {max: 15}, spec.retries.backoff.max: {max: 1s}}
    - {kinds: [RetryTimeoutPolicy], fields: [spec.retries.codes, spec.retries.methods], targets: {matchExpressions: [{key: tier, operator: NotIn, values: [data]}]}}
    - {kinds: [RetryTimeoutPolicy], fields: [spec.retries.codes], targets: {matchExpressions: [{key: team, operator: Exists}]}}
    - {kinds: [WorkspaceSettings], fields: [spec.defaults], bounds: {spec.defaults.requestTimeout: {max: 10s}}}
)";

namespace {

constexpr char kRatings[] = "targetRefs: [{kind: Service, name: ratings}]";
constexpr char kLedger[] = "targetRefs: [{kind: Service, name: ledger}]";
constexpr char kWeb[] = "targetSelectors: [{kind: Service, matchLabels: {tier: web}}]";
constexpr char kData[] = "targetSelectors: [{kind: Service, matchLabels: {tier: data}}]";

std::string Spec(const std::string& targets, const std::string& rest) {
  return "{" + targets + (rest.empty() ? "" : ", ") + rest + "}";
}
std::string Ratings(const std::string& rest) { return Spec(kRatings, rest); }

constexpr Kind kFop = Kind::kFailoverPolicy, kWss = Kind::kWorkspaceSettings,
               kRtp = Kind::kRetryTimeoutPolicy;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  unsigned Below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool OneIn(unsigned n) { return Below(n) == 0; }
  template <size_t N>
  std::string Pick(const std::array<const char*, N>& of) {
    return of[Below(N)];
  }

 private:
  std::mt19937 engine_;
};

void Add(std::string* list, const std::string& item) { *list += (list->empty() ? "" : ", ") + item; }

std::string RandomTargets(Dice* dice) {
  std::string out;
  if (!dice->OneIn(3))
    Add(&out, dice->Pick(std::array{kRatings, kLedger, "targetRefs: [{kind: Service, name: ghost}]"}));
  if (out.empty() || dice->OneIn(3)) {
    Add(&out,
        dice->Pick(std::array{
            kWeb, kData,
            "targetSelectors: [{kind: Service, matchLabels: {tier: web}, matchExpressions: [{key: legacy, "
            "operator: DoesNotExist}]}]",
            "targetSelectors: [{kind: Service, matchExpressions: [{key: tier, operator: In, values: [api, "
            "web]}, {key: legacy, operator: DoesNotExist}]}]",
            "targetSelectors: [{kind: Service, matchExpressions: [{key: tier, operator: NotIn, values: "
            "[data, "
            "web]}]}]",
            "targetSelectors: [{kind: Service, matchExpressions: [{key: tier, operator: DoesNotExist}]}]",
            "targetSelectors: [{kind: Service, matchLabels: {team: a}}]",
            "targetSelectors: [{kind: Service, matchExpressions: [{key: team, operator: Exists}]}, {kind: "
            "Service, matchLabels: {tier: web}}]",
            "targetSelectors: [{kind: Service}]"}));
  }
  if (dice->OneIn(5))
    Add(&out, dice->Pick(std::array{"scope: Workspace", "scope: Mesh", "scope: Namespace"}));
  if (dice->OneIn(6)) Add(&out, dice->Pick(std::array{"mode: Override", "mode: Default"}));
  return out;
}

std::string RandomRetries(Dice* dice) {
  if (dice->OneIn(6)) return "retries: {attempts: 0}";
  std::string in;
  const auto maybe = [&](const auto& of) {
    if (dice->OneIn(3)) Add(&in, dice->Pick(of));
  };
  maybe(std::array{"attempts: 1", "attempts: 2", "attempts: 3", "attempts: 4"});
  maybe(std::array{"perTryTimeout: 1s", "perTryTimeout: 1000ms", "perTryTimeout: 50ms"});
  maybe(std::array{"\"on\": [Reset, GatewayError]", "\"on\": [GatewayError, Reset]", "\"true\": [Reset]"});
  maybe(std::array{"codes: [503, 504]", "codes: [504, 503]", "codes: [429]"});
  maybe(std::array{"methods: All", "methods: Idempotent", "methods: [GET, PUT]", "methods: [PUT, GET, GET]"});
  maybe(std::array{"backoff: {base: 10ms}", "backoff: {base: 25ms, max: 2s}", "backoff: {max: 500ms}",
                   "backoff: {}"});
  maybe(std::array{"budget: {percent: 10}", "budget: {percent: 30, minPerSecond: 5}", "budget: {}"});
  maybe(std::array{"remoteLocalities: true", "remoteLocalities: false"});
  return "retries: {" + in + "}";
}

std::string RandomSpec(Kind kind, Dice* dice) {
  if (kind == kWss) {
    std::string out;
    if (dice->OneIn(2))
      Add(&out, dice->Pick(std::array{"importFrom: [{workspaces: [a]}]",
                                      "importFrom: [{workspaces: [a], "
                                      "resources: []}]",
                                      "importFrom: []", "importFrom: [{workspaces: [a], resources: [{}]}]"}));
    if (dice->OneIn(2))
      Add(&out, dice->Pick(std::array{"exportTo: [{workspaces: [b]}]",
                                      "exportTo: [{workspaces: [b], resources: [{selector: {}}]}]"}));
    if (dice->OneIn(2))
      Add(&out, dice->Pick(std::array{"defaults: {requestTimeout: 5s}", "defaults: {requestTimeout: 20s}",
                                      "defaults: {waypoint: wp}", "defaults: {}"}));
    if (dice->OneIn(2))
      Add(&out, dice->Pick(std::array{"clusters: {join: All}", "clusters: {join: None}", "clusters: {}",
                                      "clusters: {join: Listed, names: [a, b]}",
                                      "clusters: {join: Listed, names: [b, a]}",
                                      "clusters: {join: Listed, names: [b]}"}));
    return "{" + out + "}";
  }
  std::string out = RandomTargets(dice);
  if (kind == kRtp) {
    const bool retries = dice->OneIn(2);
    if (!retries || dice->OneIn(2))
      Add(&out, dice->Pick(std::array{"timeouts: {request: 2s}", "timeouts: {request: 60s}",
                                      "timeouts: {request: 1m, idle: 1h}", "timeouts: {idle: 60m}",
                                      "timeouts: {request: 0s}", "timeouts: {request: 1s, idle: 0s}"}));
    if (retries) Add(&out, RandomRetries(dice));
    return "{" + out + "}";
  }
  if (dice->OneIn(2))
    Add(&out, dice->Pick(std::array{"localities: [{steps: [{to: [{region: eu}]}]}]",
                                    "localities: [{from: {}, steps: [{to: [{region: eu}]}]}]",
                                    "priorityLabels: [zone]", "localities: []", "priorityLabels: []"}));
  if (dice->OneIn(2)) Add(&out, dice->Pick(std::array{"minHealthyPercent: 70", "minHealthyPercent: 90"}));
  if (dice->OneIn(3))
    Add(&out, dice->Pick(std::array{"outlierDetection: {interval: 10s}", "outlierDetection: {interval: 2m}",
                                    "outlierDetection: {}", "outlierDetection: {consecutiveErrors: 7}"}));
  return "{" + out + "}";
}

}  // namespace

const std::vector<RightsCaller>& RightsCallers() {
  static const std::vector<RightsCaller> callers = {
      {"dave", "dave", {"shop-devs"}},
      {"deployer", "system:serviceaccount:shop-ci:deployer", {"system:serviceaccounts"}},
      {"lea", "lea", {}},
      {"sam", "sam", {"sre"}},
      {"tina", "tina", {"shop-devs"}},
      {"nobody", "nobody", {"others"}},
      {"admin", "root", {"system:masters"}},
  };
  return callers;
}

std::vector<RightsCase> HandWrittenRightsCases() {
  const std::string web = Spec(kWeb, "timeouts: {request: 2s}"), idle = Ratings("timeouts: {idle: 1h}");
  const std::string two = Ratings("timeouts: {request: 2s}"), attempts = Ratings("retries: {attempts: 2}");
  const std::string data = Spec(kData, "timeouts: {request: 2s}"),
                    ledger = Spec(kLedger, "timeouts: {request: 2s}");
  const std::string broad = Ratings("timeouts: {request: 2s}, retries: {attempts: 2, budget: {percent: 10}}");
  const std::string budget =
      Ratings("timeouts: {request: 3s}, retries: {attempts: 2, budget: {percent: 10}}");
  const std::string mesh = Spec(kWeb, "scope: Mesh, timeouts: {request: 2s}");
  const std::string over = Spec(kWeb, "mode: Override, timeouts: {request: 2s}");
  const std::string fop = Ratings("minHealthyPercent: 90");
  const auto drill = [](const std::string& until) {
    return Ratings("minHealthyPercent: 90, drill: {down: {region: r}, until: \"2026-01-01T" + until +
                   ":00Z\"}");
  };
  const std::string drilled = drill("00:10"), longer = drill("00:20");
  return {
      {"granted fields", "dave", kRtp, "", Ratings("timeouts: {request: 2s}, retries: {attempts: 3}")},
      {"a service account", "deployer", kRtp, "", two},
      {"no role", "nobody", kRtp, "", two, false, false},
      {"a field that is not granted", "dave", kRtp, "", broad, false, false},
      {"another field of an object with more", "dave", kRtp, broad, budget},
      {"a field taken away that is not granted", "dave", kRtp, broad, attempts, false, false},
      {"above the bound", "dave", kRtp, "", Ratings("retries: {attempts: 5}"), false, false},
      {"at the bound", "dave", kRtp, "", Ratings("timeouts: {request: 30s}")},
      {"at the bound in other words", "dave", kRtp, "", Ratings("timeouts: {request: 29s1000ms}")},
      {"below the bound", "dave", kRtp, "", Ratings("timeouts: {request: 50ms}"), false, false},
      {"no timeout is the longest", "dave", kRtp, "", Ratings("timeouts: {request: 0s}"), false, false},
      {"the same in other words", "nobody", kRtp, Ratings("timeouts: {request: 60s}"),
       Ratings("timeouts: {request: 1m}")},
      {"nothing changed", "nobody", kRtp, two, two},
      {"deletion of what is granted", "dave", kRtp, two, ""},
      {"deletion of more", "dave", kRtp, broad, "", false, false},
      {"deletion by nobody", "nobody", kRtp, two, "", false, false},
      {"a target without the label, which only we know", "dave", kRtp, "", ledger, false, true},
      {"a move to another target, likewise", "dave", kRtp, two, ledger, false, true},
      {"a target that is not there, likewise", "dave", kRtp, "",
       Spec("targetRefs: [{kind: Service, name: ghost}]", "timeouts: {request: 2s}"), false, true},
      {"a selector that is narrow enough", "dave", kRtp, "", web},
      {"a selector that is not", "dave", kRtp, "", data, false, false},
      {"a selector of all", "dave", kRtp, "",
       Spec("targetSelectors: [{kind: Service}]", "timeouts: {request: 2s}"), false, false},
      {"a move from a selector that is not", "dave", kRtp, data, web, false, false},
      {"scope Mesh", "dave", kRtp, "", mesh, false, false},
      {"scope Mesh with the right", "sam", kRtp, "", mesh},
      {"scope Mesh without that scope", "lea", kRtp, "", mesh, false, false},
      {"scope Workspace with the right", "lea", kRtp, "",
       Spec(kWeb, "scope: Workspace, timeouts: {request: 2s}")},
      {"out of scope Mesh", "lea", kRtp, mesh, web, false, false},
      {"mode Override", "lea", kRtp, "", over, false, false},
      {"mode Override with the right", "sam", kRtp, "", over},
      {"out of mode Override", "lea", kRtp, over, web, false, false},
      {"in a namespace of the grant", "dave", kRtp, "", idle, true, true, "shop-api"},
      {"a default beyond the bound", "tina", kRtp, "",
       Spec("targetSelectors: [{kind: Service, matchLabels: {tier: web}, matchExpressions: [{key: legacy, "
            "operator: "
            "DoesNotExist}]}]",
            "retries: {perTryTimeout: 1s}"),
       false, false},
      {"the bound kept in words", "tina", kRtp, "",
       Spec("targetSelectors: [{kind: Service, matchLabels: {tier: api}, matchExpressions: [{key: legacy, "
            "operator: "
            "DoesNotExist}]}]",
            "retries: {perTryTimeout: 1s, budget: {percent: 15}}")},
      {"NotIn by another label value", "tina", kRtp, "", Spec(kWeb, "retries: {codes: [503]}"), true, true},
      {"Exists by a label", "tina", kRtp, "",
       Spec("targetSelectors: [{kind: Service, matchLabels: {team: a}}]", "retries: {codes: [503]}")},
      {"bare retries", "dave", kRtp, "", Ratings("retries: {}"), false, false},
      {"bare retries with the right", "lea", kRtp, "", Ratings("retries: {}")},
      {"a failover policy", "lea", kFop, "", fop},
      {"a failover policy with more", "lea", kFop, "", Ratings("outlierDetection: {interval: 5s}"), false,
       false},
      {"a failover policy whose default is below the bound", "sam", kFop, "",
       Ratings("outlierDetection: {interval: 5s}"), false, false},
      {"a failover policy within the bounds", "sam", kFop, "", fop},
      {"a drill", "lea", kFop, fop, drilled, false, false},
      {"a drill with the right", "sam", kFop, fop, drilled},
      {"a drill that stays", "lea", kFop, drilled, drilled},
      {"a drill for longer", "lea", kFop, drilled, longer, false, false},
      {"a drill that is stopped", "lea", kFop, drilled, fop, false, false},
      {"a drill that is stopped with the right", "sam", kFop, drilled, fop},
      {"a failover policy that sets nothing", "lea", kFop, "", Ratings(""), false, false},
      {"a kind that is not granted", "dave", kFop, "", fop, false, false},
      {"settings", "lea", kWss, "", "{importFrom: [{workspaces: [a]}]}"},
      {"settings that are not granted", "tina", kWss, "", "{importFrom: [{workspaces: [a]}]}", false, false},
      {"defaults of settings", "tina", kWss, "{importFrom: [{workspaces: [a]}]}",
       "{importFrom: [{workspaces: [a]}], defaults: {requestTimeout: 5s}}"},
      {"clusters of settings that are not granted", "tina", kWss, "{}", "{clusters: {join: None}}", false,
       false},
      {"clusters of settings as they are by default", "tina", kWss, "{}",
       "{clusters: {join: All}, defaults: {requestTimeout: 5s}}"},
      {"defaults of settings beyond the bound", "tina", kWss, "{}", "{defaults: {requestTimeout: 20s}}",
       false, false},
      {"an administrator without a reason", "admin", kRtp, "", two, false, false},
      {"an administrator with a reason", "admin", kRtp, "", two, true, true, "shop", "INC-7"},
      {"a reason alone", "nobody", kRtp, "", two, false, false, "shop", "INC-7"},
  };
}

std::vector<RightsCase> RandomRightsCases(unsigned seed, int count) {
  Dice dice(seed);
  std::vector<RightsCase> out;
  const auto& callers = RightsCallers();
  for (int i = 0; i < count; ++i) {
    RightsCase c;
    c.title = "random " + std::to_string(seed) + "/" + std::to_string(i);
    c.caller = callers[dice.Below(static_cast<unsigned>(callers.size()) - 1)].name;  // the last may do all
    c.kind = std::array{kRtp, kRtp, kRtp, kFop, kWss}[dice.Below(5)];
    c.ns = dice.OneIn(3) ? "shop-api" : "shop";
    if (!dice.OneIn(3)) c.before = RandomSpec(c.kind, &dice);
    if (c.before.empty() || !dice.OneIn(5)) c.after = RandomSpec(c.kind, &dice);
    out.push_back(std::move(c));
  }
  return out;
}

}  // namespace fairlead::testing
