#include "operator/runtime/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

namespace fairlead::runtime {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  long total = 0, resident = 0;
  in >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenDescriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    ++count;
  return count;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;     // guards updates
  std::mutex updating;  // held while updates run
  std::vector<std::function<void()>> updates;
};

void Counter::Add(double by) { impl_->Increment(by); }
void Counter::RaiseTo(double total) {
  if (const double by = total - impl_->Value(); by > 0) impl_->Increment(by);
}
void Gauge::Set(double value) { impl_->Set(value); }
void Histogram::Observe(double value) { impl_->Observe(value); }

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  Counter cpu = AddCounter("process_cpu_seconds_total", "User and system CPU time.");
  Gauge memory = AddGauge("process_resident_memory_bytes", "Resident memory.");
  Gauge descriptors = AddGauge("process_open_fds", "Open file descriptors.");
  BeforeText([cpu, memory, descriptors]() mutable {
    cpu.RaiseTo(CpuSeconds());
    memory.Set(ResidentBytes());
    descriptors.Set(OpenDescriptors());
  });
}

Metrics::~Metrics() = default;

Counter Metrics::AddCounter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Gauge Metrics::AddGauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Histogram Metrics::AddHistogram(const std::string& name, const std::string& help,
                                const std::vector<double>& bounds, const MetricLabels& labels) {
  return Histogram(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, bounds));
}

std::vector<double> Metrics::LatencyBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

void Metrics::BeforeText(std::function<void()> update) {
  std::lock_guard lock(impl_->mutex);
  impl_->updates.push_back(std::move(update));
}

std::string Metrics::Text() const {
  std::vector<std::function<void()>> updates;
  {
    std::lock_guard lock(impl_->mutex);
    updates = impl_->updates;
  }
  {
    std::lock_guard lock(impl_->updating);
    for (const auto& update : updates) update();
  }
  // The registry keeps its metrics in hash tables: sorted here, so that the same state prints the same.
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (prometheus::MetricFamily& family : families) {
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace fairlead::runtime
