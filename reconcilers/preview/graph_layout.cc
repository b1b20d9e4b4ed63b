#include "reconcilers/preview/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace fairlead::reconcilers::preview {
namespace {

constexpr int kMargin = 24;
constexpr int kChip = 22, kChipGap = 6, kPad = 12;
constexpr int kMinLabel = 70, kMaxLabel = 190;
constexpr int kLane = 9;    // between lanes
constexpr int kClear = 16;  // between a lane and a box
constexpr int kPort = 20;   // between ports of a box: a tag fits
constexpr int kTitleSize = 14, kTextSize = 11;

// A span in a channel or gutter, of one caller.
struct Span {
  size_t caller = 0;
  int low = 0, high = 0;
};

// One lane each, shared by spans that do not touch; how many there are.
int Pack(const std::map<size_t, Span>& spans, std::map<size_t, int>* lane_of) {
  std::vector<Span> sorted;
  for (const auto& [caller, span] : spans) sorted.push_back(span);
  std::sort(sorted.begin(), sorted.end(), [](const Span& a, const Span& b) {
    return std::tie(a.low, a.high, a.caller) < std::tie(b.low, b.high, b.caller);
  });
  std::vector<int> ends;
  for (const Span& span : sorted) {
    size_t lane = 0;
    while (lane < ends.size() && ends[lane] >= span.low) ++lane;
    if (lane == ends.size()) ends.push_back(0);
    ends[lane] = span.high;
    (*lane_of)[span.caller] = static_cast<int>(lane);
  }
  return static_cast<int>(ends.size());
}

class LayingOut {
 public:
  explicit LayingOut(const Graph& graph) : graph_(graph) {
    for (size_t i = 0; i < graph.boxes.size(); ++i) index_[graph.boxes[i].name] = i;
  }

  Layout Run() {
    out_.boxes.resize(graph_.boxes.size());
    Route();
    for (size_t i = 0; i < graph_.boxes.size(); ++i) SizeBox(i);
    ChooseColumns();
    RouteAll();
    PlaceBoxes();
    PlacePorts();
    for (size_t i = 0; i < graph_.edges.size(); ++i) PlaceEdge(i);
    return std::move(out_);
  }

 private:
  struct Path {
    size_t from = 0, to = 0;
    bool known = false;
    int leave = 0, enter = 0;  // channels
    int gutter = -1;           // -1: not needed
    bool up = false;           // leaves at the top
  };

  void Route() {
    paths_.resize(graph_.edges.size());
    for (size_t i = 0; i < paths_.size(); ++i) {
      const auto from = index_.find(graph_.edges[i].from), to = index_.find(graph_.edges[i].to);
      if (from == index_.end() || to == index_.end()) continue;
      paths_[i] = {from->second, to->second, true};
      ++incoming_[to->second];
    }
  }

  void SizeBox(size_t i) {
    const GraphBox& box = graph_.boxes[i];
    BoxPlace& place = out_.boxes[i];
    int label = kMinLabel, beside = 0;
    std::vector<int> besides;
    for (const GraphService& service : box.services) {
      label = std::max(label, preview::WidthOf(service.key.nn().ToString(), kTextSize));
      const size_t tags = std::min(TagsOf(graph_, box, service).size(), kMaxTags + 1);
      besides.push_back(static_cast<int>(BadgesOf(service).size() + tags) * kBadge);
      beside = std::max(beside, besides.back());
    }
    label = std::min(label, kMaxLabel);
    const int chip = label + beside + 30;
    const auto count = static_cast<int>(box.services.size());
    int columns = count <= 5 ? 1 : count <= 16 ? 2 : 3;
    const int least =
        std::max({preview::WidthOf(box.title, kTitleSize) * 6 / 5 + 60,
                  preview::WidthOf(SubtitleOf(box), kTextSize) + 2 * kPad, 240, (incoming_[i] + 2) * kPort});
    const int wanted = columns * (chip + kChipGap) - kChipGap + 2 * kPad;
    place.rect.width = std::min(std::max(wanted, std::min(least, 900)), 1'400);
    const int rows = columns == 0 ? 0 : (count + columns - 1) / columns;
    const int width = (place.rect.width - 2 * kPad - (columns - 1) * kChipGap) / columns;
    for (int n = 0; n < count; ++n) {
      // Down each column, as names are read.
      const int column = n / std::max(rows, 1), row = n % std::max(rows, 1);
      place.services.push_back(
          {{kPad + column * (width + kChipGap), kHeader + row * (kChip + kChipGap), width, kChip},
           width - besides[static_cast<size_t>(n)] - 30});
    }
    place.rect.height = kHeader + rows * (kChip + kChipGap) + (rows > 0 ? kPad - kChipGap : 0);
  }

  // So many that the picture comes near the shape of a screen.
  void ChooseColumns() {
    const auto count = static_cast<int>(out_.boxes.size());
    double best = 0;
    for (int columns = 1; columns <= std::max(count, 1); ++columns) {
      double width = 0, height = 0;
      for (int c = 0; c < columns; ++c) {
        int widest = 0;
        for (int i = c; i < count; i += columns) widest = std::max(widest, Box(i).width);
        width += widest + 3 * kClear;
      }
      for (int i = 0; i < count; i += columns) {
        int highest = 0;
        for (int k = i; k < std::min(i + columns, count); ++k) highest = std::max(highest, Box(k).height);
        height += highest + 3 * kClear;
      }
      const double shape = std::abs(std::log(std::max(width, 1.0) / std::max(height, 1.0) / 1.6));
      if (columns == 1 || shape < best) {
        best = shape;
        columns_ = columns;
      }
      if (columns >= 12) break;
    }
    rows_ = (count + columns_ - 1) / columns_;
  }

  Rect& Box(int i) { return out_.boxes[static_cast<size_t>(i)].rect; }
  int Column(size_t box) const { return static_cast<int>(box) % columns_; }
  int Row(size_t box) const { return static_cast<int>(box) / columns_; }

  static void Cover(std::map<size_t, Span>* spans, size_t caller, int at) {
    const auto [span, fresh] = spans->try_emplace(caller, Span{caller, at, at});
    span->second.low = std::min(span->second.low, at);
    span->second.high = std::max(span->second.high, at);
  }

  // Columns count twice and one, gutters twice: so what is between is told apart.
  void RouteAll() {
    channels_.resize(static_cast<size_t>(rows_) + 1);
    gutters_.resize(static_cast<size_t>(columns_) + 1);
    for (Path& path : paths_) {
      if (!path.known) continue;
      const int row = Row(path.from), to_row = Row(path.to), column = Column(path.from), to = Column(path.to);
      path.up = to_row <= row;
      path.leave = path.up ? row : row + 1;
      path.enter = to_row;
      if (path.leave != path.enter) path.gutter = column < to ? to : to + 1;
      Cover(&channels_[static_cast<size_t>(path.leave)], path.from, 2 * column + 1);
      Cover(&channels_[static_cast<size_t>(path.enter)], path.from, 2 * to + 1);
      (path.up ? tops_ : bottoms_).insert(path.from);
      if (path.gutter < 0) continue;
      Cover(&channels_[static_cast<size_t>(path.leave)], path.from, 2 * path.gutter);
      Cover(&channels_[static_cast<size_t>(path.enter)], path.from, 2 * path.gutter);
      Cover(&gutters_[static_cast<size_t>(path.gutter)], path.from, path.leave);
      Cover(&gutters_[static_cast<size_t>(path.gutter)], path.from, path.enter);
    }
    channel_lanes_.resize(channels_.size());
    gutter_lanes_.resize(gutters_.size());
    for (size_t i = 0; i < channels_.size(); ++i)
      channel_count_.push_back(Pack(channels_[i], &channel_lanes_[i]));
    for (size_t i = 0; i < gutters_.size(); ++i)
      gutter_count_.push_back(Pack(gutters_[i], &gutter_lanes_[i]));
  }

  // The tag of an arrow stands in the last part of a channel, where no lane is.
  void PlaceBoxes() {
    const auto count = static_cast<int>(out_.boxes.size());
    int x = kMargin;
    for (int c = 0; c <= columns_; ++c) {
      gutter_x_.push_back(x + kClear);
      x += gutter_count_[static_cast<size_t>(c)] * kLane + 2 * kClear;
      int widest = 0;
      for (int i = c; c < columns_ && i < count; i += columns_) {
        Box(i).x = x;
        widest = std::max(widest, Box(i).width);
      }
      x += widest;
    }
    out_.width = x + kMargin;
    int y = kMargin;
    for (int r = 0; r <= rows_; ++r) {
      channel_y_.push_back(y + kClear);
      y += channel_count_[static_cast<size_t>(r)] * kLane + 2 * kClear +
           (channel_count_[static_cast<size_t>(r)] > 0 ? kPort : 0);
      int highest = 0;
      for (int i = r * columns_; r < rows_ && i < std::min((r + 1) * columns_, count); ++i) {
        Box(i).y = y;
        highest = std::max(highest, Box(i).height);
      }
      y += highest;
    }
    out_.height = y + kMargin;
    for (BoxPlace& box : out_.boxes) {
      for (ChipPlace& chip : box.services) {
        chip.rect.x += box.rect.x;
        chip.rect.y += box.rect.y;
      }
    }
  }

  // Arrows at the top of a box from left to right as their callers stand, its own way out among them.
  void PlacePorts() {
    std::map<size_t, std::vector<std::pair<int, size_t>>> ports;  // box -> column of the caller, edge or kOwn
    for (size_t i = 0; i < paths_.size(); ++i) {
      if (paths_[i].known) ports[paths_[i].to].push_back({2 * Column(paths_[i].from), i});
    }
    for (const size_t box : tops_) ports[box].push_back({2 * Column(box), kOwn});
    for (auto& [box, list] : ports) {
      std::sort(list.begin(), list.end());
      const Rect& rect = out_.boxes[box].rect;
      const auto gaps = static_cast<int>(list.size()) + 1;
      for (int n = 0; n < static_cast<int>(list.size()); ++n) {
        // Even columns of pixels; the ways out below are odd, so that no two run over one another.
        const int x = (rect.x + rect.width * (n + 1) / gaps) / 2 * 2;
        const size_t edge = list[static_cast<size_t>(n)].second;
        (edge == kOwn ? top_x_[box] : enter_x_[edge]) = x;
      }
    }
  }

  int ChannelY(int channel, size_t caller) const {
    const auto at = static_cast<size_t>(channel);
    return channel_y_[at] + channel_lanes_[at].at(caller) * kLane;
  }

  void PlaceEdge(size_t i) {
    const Path& path = paths_[i];
    if (!path.known) return;
    const Rect& from = out_.boxes[path.from].rect;
    const Rect& to = out_.boxes[path.to].rect;
    const int leave_x = path.up ? top_x_.at(path.from) : (from.x + from.width / 2) / 2 * 2 + 1;
    const int leave_y = ChannelY(path.leave, path.from), enter_y = ChannelY(path.enter, path.from);
    EdgePlace out{i, {{leave_x, path.up ? from.y : from.y + from.height}, {leave_x, leave_y}}};
    if (path.gutter >= 0) {
      const auto gutter = static_cast<size_t>(path.gutter);
      const int x = gutter_x_[gutter] + gutter_lanes_[gutter].at(path.from) * kLane;
      out.points.push_back({x, leave_y});
      out.points.push_back({x, enter_y});
    }
    out.points.push_back({enter_x_.at(i), enter_y});
    out.points.push_back({enter_x_.at(i), to.y});
    out_.edges.push_back(std::move(out));
  }

  static constexpr size_t kOwn = static_cast<size_t>(-1);

  const Graph& graph_;
  Layout out_;
  std::map<std::string, size_t> index_;
  std::vector<Path> paths_;
  std::map<size_t, int> incoming_;
  std::set<size_t> tops_, bottoms_;
  int columns_ = 1, rows_ = 0;
  std::vector<std::map<size_t, Span>> channels_, gutters_;
  std::vector<std::map<size_t, int>> channel_lanes_, gutter_lanes_;
  std::vector<int> channel_count_, gutter_count_, channel_y_, gutter_x_;
  std::map<size_t, int> top_x_;
  std::map<size_t, int> enter_x_;
};

}  // namespace

Layout LayOut(const Graph& graph) { return LayingOut(graph).Run(); }

std::string BadgesOf(const GraphService& service) {
  std::string out;
  if (service.everyone == Answer::kYes) out += '*';
  if (service.everyone == Answer::kDepends) out += '?';
  if (service.own != Answer::kYes) out += '!';
  if (!service.policies.empty()) out += 'R';
  if (!service.authorization.empty()) out += 'A';
  if (!service.waypoint.empty()) out += 'W';
  return out;
}

std::string SubtitleOf(const GraphBox& box) {
  const auto count = [](size_t n, const char* one) {
    return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
  };
  const bool workspace = !box.isolation.empty();
  std::string out = workspace ? "isolation " + box.isolation : "namespace, in no workspace";
  out += " · " + count(box.service_count, "service");
  if (box.services.size() < box.service_count)
    out += box.services.empty() ? ", not shown" : ", " + std::to_string(box.services.size()) + " shown";
  if (workspace) out += " · " + count(box.namespaces.size(), "namespace");
  return out;
}

std::vector<size_t> TagsOf(const Graph& graph, const GraphBox& box, const GraphService& service) {
  std::vector<size_t> out;
  for (const GraphCaller& caller : service.callers) {
    const bool alike = std::any_of(graph.edges.begin(), graph.edges.end(), [&](const GraphEdge& edge) {
      return edge.to == box.name && edge.from == caller.box && edge.services == edge.of &&
             edge.kind != GraphEdge::Kind::kSome;
    });
    const auto at = std::find_if(graph.boxes.begin(), graph.boxes.end(),
                                 [&](const GraphBox& other) { return other.name == caller.box; });
    if (!alike && at != graph.boxes.end()) out.push_back(static_cast<size_t>(at - graph.boxes.begin()));
  }
  return out;
}

}  // namespace fairlead::reconcilers::preview
