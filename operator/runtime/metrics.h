// Metrics: counters, gauges and histograms in the Prometheus text format.
//
// Who calls: the rims; /metrics prints them. Handles live as long as the Metrics and are thread-safe; take
// them once, not at each event. Labels must come from small closed sets (kinds, classes, not names).
//
//   Counter& lists = metrics.AddCounter("fairlead_lists_total", "Lists begun.", {{"kind", "Pod"}});
//   lists.Add();
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace fairlead::runtime {

using MetricLabels = std::map<std::string, std::string>;

class Counter {
 public:
  void Add(double by = 1);
  // For a total that is counted elsewhere: raises to it; a lower one changes nothing. From BeforeText only.
  void RaiseTo(double total);

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* impl) : impl_(impl) {}
  prometheus::Counter* impl_;
};

class Gauge {
 public:
  void Set(double value);

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* impl) : impl_(impl) {}
  prometheus::Gauge* impl_;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* impl) : impl_(impl) {}
  prometheus::Histogram* impl_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  Counter AddCounter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Histogram AddHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                         const MetricLabels& labels = {});
  // Seconds from 100 µs to 10 s.
  static std::vector<double> LatencyBounds();

  // Called before each Text, one Text at a time, to set what is known elsewhere.
  void BeforeText(std::function<void()> update);
  std::string Text() const;  // exposition format 0.0.4; the process' own (memory, CPU, descriptors) included

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::runtime
