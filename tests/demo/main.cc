// fairlead-demo: the main job on real traffic, before and after each policy. Exits 0 only if every
// expectation held.
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include "operator/runtime/log.h"
#include "operator/runtime/signals.h"
#include "tests/demo/scenes.h"

namespace fairlead::demo {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitStopped = 130;
constexpr char kUsage[] =
    "fairlead-demo: embedded API server, operator, two Envoy waypoints, sample services; measures real "
    "requests.\n"
    "  --keep            leave everything up at the end, until Ctrl-C\n"
    "  --operator FILE   the operator's program (default: fairlead-operator beside this one)\n"
    "  --samples DIR     the samples (default: config/samples/shop of the checkout)\n";

struct Flags {
  StageOptions stage;
  bool keep = false;
};

bool Parse(const std::vector<std::string>& arguments, Flags* out) {
  std::error_code ignored;
  out->stage.operator_program =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "fairlead-operator";
  out->stage.samples_dir = FAIRLEAD_SOURCE_DIR "/config/samples/shop";
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    if (arguments[i] == "--keep") {
      out->keep = true;
    } else if (arguments[i] == "--operator" && has_value) {
      out->stage.operator_program = arguments[++i];
    } else if (arguments[i] == "--samples" && has_value) {
      out->stage.samples_dir = arguments[++i];
    } else {
      return false;
    }
  }
  return true;
}

// Sets the stage and plays every scene; an error ends it early.
Result<void> Play(Stage& stage) {
  stage.report().Scene("0  Setting up");
  if (Result<void> r = stage.Set(); !r) return r;
  for (const Scene& scene : Scenes()) {
    if (stage.patience().stopped()) return Unexpected(Error{ErrorClass::kCancelled, "stopped"});
    stage.report().Scene(scene.title);
    if (Result<void> r = scene.play(stage); !r) return r;
    if (!stage.OperatorRunning()) return Unexpected(Error{ErrorClass::kFatal, "the operator has ended"});
  }
  return {};
}

// The last scene deleted policies: what there is to play with comes back.
void Keep(Stage& stage, const Patience& patience) {
  stage.shop().SetUsualFaults();
  if (auto applied = stage.cluster().ApplyFile("10-retries.yaml"); !applied) {
    stage.report().Note(applied.error().message);
  }
  std::cout << stage.HowToPlay() << std::flush;
  patience.UntilStopped();
}

int Run(const Flags& flags) {
  runtime::Signals signals;
  runtime::Log::Configure({.level = runtime::LogLevel::kError});  // of the client in this process
  std::stop_source stop;
  std::jthread watcher([&](std::stop_token end) {
    if (signals.Wait(end) != 0) stop.request_stop();
  });
  const Patience patience(stop.get_token());
  Report report(std::cout);
  Stage stage(flags.stage, &report, &patience);
  const Result<void> played = Play(stage);
  if (!played && patience.stopped()) return kExitStopped;
  if (!played) {
    report.Expect("the scene can be played to its end", played.error().message, false);
    std::cout << stage.Diagnosis();
  }
  report.PrintTable();
  if (flags.keep && played) Keep(stage, patience);
  return report.all_held() ? 0 : 1;
}

}  // namespace
}  // namespace fairlead::demo

int main(int argc, char** argv) {
  fairlead::demo::Flags flags;
  if (!fairlead::demo::Parse(std::vector<std::string>(argv + 1, argv + argc), &flags)) {
    std::cerr << fairlead::demo::kUsage;
    return fairlead::demo::kExitUsage;
  }
  return fairlead::demo::Run(flags);
}
