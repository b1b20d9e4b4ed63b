#include "reconcilers/preview/rehearsal_svg.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "reconcilers/preview/field_diff.h"
#include "reconcilers/preview/svg.h"

namespace fairlead::reconcilers::preview {
namespace {

using failover::PlaceLoad;
using failover::Rehearsal;
using failover::SourceForecast;
using failover::TargetForecast;

constexpr size_t kMaxTargets = 40, kMaxRows = 24;
constexpr int kMargin = 24, kHalf = 540, kGap = 28, kBox = 210, kRow = 40, kBetween = 14, kHead = 64;
constexpr int kWidth = 2 * kMargin + 2 * kHalf + kGap, kColors = 8, kText = 11;
constexpr int kBand = 28;  // of all requests of a source

// Of people who do not tell colours apart, too: what is down is crossed out, and said in words.
constexpr char kStyle[] =
    "svg{background:#fff}text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;fill:#1b1f24}"
    ".title{font-size:14px;font-weight:bold}.sub{font-size:11px;fill:#57606a}.label{font-size:11px}"
    ".small{font-size:9px;fill:#57606a}.bad{font-size:11px;font-weight:bold;fill:#cf222e}"
    ".box rect{fill:#f6f8fa;stroke:#8c959f}.box.down rect{fill:#fff;stroke:#cf222e;stroke-dasharray:4 3}"
    ".box.down .label{text-decoration:line-through}.box.none rect{fill:#ffebe9;stroke:#cf222e}"
    ".band{opacity:.55}"
    ".c0{fill:#0072b2}.c1{fill:#d55e00}.c2{fill:#009e73}.c3{fill:#cc79a7}.c4{fill:#b58900}"
    ".c5{fill:#3a9bd9}.c6{fill:#8c6d31}.c7{fill:#6a3d9a}";

std::string Percent(double share) {
  const long tenths = std::lround(share * 1000);
  if (tenths == 0 && share > 0) return "<0.1%";
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + "%";
}

// Of `count` things those that weigh the most, at most `most`, in their order.
template <class Weight>
std::vector<size_t> Heaviest(size_t count, size_t most, const Weight& weight) {
  std::vector<size_t> out(count);
  std::iota(out.begin(), out.end(), size_t{0});
  std::stable_sort(out.begin(), out.end(), [&](size_t a, size_t b) { return weight(a) > weight(b); });
  out.resize(std::min(count, most));
  std::sort(out.begin(), out.end());
  return out;
}

double ChangeOf(const SourceForecast& source) {
  double out = 2 * source.nowhere_then;
  for (size_t i = 0; i < source.to_place_now.size(); ++i)
    out += std::abs(source.to_place_then[i] - source.to_place_now[i]);
  return out;
}

double ChangeOf(const TargetForecast& target) {
  double out = target.stranded ? 1e6 : 0;
  for (const SourceForecast& source : target.sources) out += ChangeOf(source);
  return out;
}

std::string NameOf(const SourceForecast& source) {
  return failover::ToString(source.from) + (source.labels.empty() ? "" : ", " + source.labels);
}

// "its waypoint would be down" -> "Its waypoint would be down."
std::string Sentence(std::string text) {
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

std::string BoxAt(const Rect& rect, const std::string& css, const std::string& label,
                  const std::string& below) {
  const int room = rect.width - 16;
  return "<g class=\"box" + css + "\"><title>" + EscapeXml(label + "\n" + below) + "</title>" +
         RectOf(rect, 4) + TextAt(rect.x + 8, rect.y + 16, "label", Fit(label, kText, room)) +
         TextAt(rect.x + 8, rect.y + 31, "small", Fit(below, kText, room + 20)) + "</g>\n";
}

// One half of the picture of one service: now, or then.
class Half {
 public:
  Half(const TargetForecast& target, const std::vector<size_t>& sources, const std::vector<size_t>& places,
       bool then, int x, int y)
      : target_(target), sources_(sources), places_(places), then_(then), x_(x), y_(y) {}

  std::string Draw() {
    std::string out = TextAt(x_, y_ - 10, "sub", then_ ? "then" : "now");
    filled_.assign(places_.size() + 1, 0);
    for (size_t row = 0; row < sources_.size(); ++row) out += Bands(row);
    for (size_t row = 0; row < sources_.size(); ++row) out += SourceBox(row);
    for (size_t row = 0; row < places_.size(); ++row) out += PlaceBox(row);
    return out + Nowhere();
  }

 private:
  int Top(size_t row) const { return y_ + static_cast<int>(row) * (kRow + kBetween); }
  double NowhereOf(const SourceForecast& source) const {
    return then_ ? (source.down ? 0 : source.nowhere_then) : source.nowhere_now;
  }

  std::string Bands(size_t row) {
    const SourceForecast& source = target_.sources[sources_[row]];
    double sent = 0;
    std::string out;
    const auto band = [&](double share, size_t to, const std::string& name) {
      if (share <= 0) return;
      const double width = 1.0 / static_cast<double>(sources_.size());
      out += Band(row, sent, share, to, filled_[to], share * width, name);
      sent += share;
      filled_[to] += share * width;
    };
    for (size_t to = 0; to < places_.size(); ++to) {
      const size_t place = places_[to];
      band(then_ ? source.to_place_then[place] : source.to_place_now[place], to,
           failover::ToString(target_.places[place].place));
    }
    band(NowhereOf(source), places_.size(), "nowhere");
    return out;
  }

  // Both ends are parts of their boxes: of the source's requests, and of what all sources send.
  std::string Band(size_t row, double from, double share, size_t to, double at, double part,
                   const std::string& name) const {
    const auto pixels = [](int top, double offset) {
      return std::to_string(top + 6 + static_cast<int>(std::lround(offset * kBand)));
    };
    const auto end = [](double offset, double size) { return offset + std::max(size, 2.0 / kBand); };
    const int left = x_ + kBox, right = x_ + kHalf - kBox, middle = (left + right) / 2;
    const std::string l = std::to_string(left), r = std::to_string(right), m = std::to_string(middle);
    const std::string a = pixels(Top(row), from), b = pixels(Top(to), at), c = pixels(Top(to), end(at, part)),
                      d = pixels(Top(row), end(from, share));
    return "<path class=\"band c" + std::to_string(sources_[row] % kColors) + "\" d=\"M" + l + " " + a + "C" +
           m + " " + a + " " + m + " " + b + " " + r + " " + b + "L" + r + " " + c + "C" + m + " " + c + " " +
           m + " " + d + " " + l + " " + d + "Z\"><title>" +
           EscapeXml(Printable(NameOf(target_.sources[sources_[row]]) + " to " + name) + ": " +
                     Percent(share)) +
           "</title></path>\n";
  }

  std::string SourceBox(size_t row) const {
    const SourceForecast& source = target_.sources[sources_[row]];
    const bool down = then_ && source.down;
    std::string steps;
    for (size_t i = 0; i < source.steps.size(); ++i) {
      const double share = then_ ? source.steps[i].then : source.steps[i].now;
      if (share > 0)
        steps += (steps.empty() ? "step " : ", step ") + std::to_string(i + 1) + ": " + Percent(share);
    }
    return BoxAt({x_, Top(row), kBox, kRow}, down ? " down" : "", Printable("from " + NameOf(source)),
                 down            ? "down, sends nothing"
                 : steps.empty() ? "no step"
                                 : steps);
  }

  std::string PlaceBox(size_t row) const {
    const PlaceLoad& load = target_.places[places_[row]];
    const int healthy = then_ ? load.healthy_then : load.healthy_now;
    std::string below = std::to_string(healthy) + " of " + std::to_string(load.endpoints) + " healthy, " +
                        Percent(then_ ? load.then : load.now) + " each";
    return BoxAt({x_ + kHalf - kBox, Top(row), kBox, kRow}, healthy == 0 ? " down" : "",
                 Printable(failover::ToString(load.place)), below);
  }

  std::string Nowhere() const {
    double most = 0;
    for (const size_t i : sources_) most = std::max(most, NowhereOf(target_.sources[i]));
    if (most == 0) return "";
    return BoxAt({x_ + kHalf - kBox, Top(places_.size()), kBox, kRow}, " none", "no place to go",
                 "up to " + Percent(most) + " of a place's requests");
  }

  const TargetForecast& target_;
  const std::vector<size_t>&sources_, &places_;
  const bool then_;
  const int x_, y_;
  std::vector<double> filled_;  // of each box on the right, from its top; the last: no place
};

// Its height is added to `y`.
std::string Draw(const TargetForecast& target, int* y) {
  const auto sources =
      Heaviest(target.sources.size(), kMaxRows, [&](size_t i) { return ChangeOf(target.sources[i]); });
  const auto places = Heaviest(target.places.size(), kMaxRows, [&](size_t i) {
    return std::abs(target.places[i].then - target.places[i].now) +
           (target.places[i].healthy_then == 0 ? 1 : 0);
  });
  std::string title = target.service.ToString() + (target.ports.size() == 1 ? " port" : " ports");
  for (size_t i = 0; i < target.ports.size(); ++i)
    title += (i == 0 ? " " : ", ") + std::to_string(target.ports[i]);
  title += ", by " + target.policy.ToString();
  std::string out =
      TextAt(kMargin, *y + 18, "title", Fit(Printable(title), 14, (kWidth - 2 * kMargin) * 9 / 10));
  std::string said;
  const auto say = [&said](const std::string& text) { said += (said.empty() ? "" : " ") + text; };
  if (target.stranded) say(Sentence(failover::WhyStranded(target)));
  if (!target.not_carried.empty()) say("Not in force today: " + target.not_carried);
  if (!target.drill.empty()) say(Sentence(target.drill));
  const size_t left_out = target.sources.size() - sources.size() + target.places.size() - places.size();
  if (left_out > 0) say(std::to_string(left_out) + " more places are not shown.");
  out += TextAt(kMargin, *y + 34, target.stranded ? "bad" : "sub",
                Fit(Printable(said), kText, kWidth - 2 * kMargin));
  const int top = *y + kHead;
  out += Half(target, sources, places, false, kMargin, top).Draw();
  out += Half(target, sources, places, true, kMargin + kHalf + kGap, top).Draw();
  const bool nowhere = std::any_of(
      target.sources.begin(), target.sources.end(),
      [](const SourceForecast& source) { return source.nowhere_now > 0 || source.nowhere_then > 0; });
  const size_t rows = std::max(sources.size(), places.size() + (nowhere ? 1 : 0));
  *y = top + static_cast<int>(rows) * (kRow + kBetween) + kMargin;
  return "<g class=\"service\">" + out + "</g>\n";
}

}  // namespace

std::string ToSvg(const Rehearsal& rehearsal) {
  const std::string question = Printable(failover::Question(rehearsal) + "?");
  std::string body = TextAt(kMargin, 30, "title", Fit(question, 14, (kWidth - 2 * kMargin) * 9 / 10));
  body += TextAt(
      kMargin, 48, "sub",
      "Each place sends as many requests as any other; a band is as wide as its share of the requests of "
      "its place. \"each\": of all requests, what one healthy endpoint gets.");
  int y = 64;
  const auto shown = Heaviest(rehearsal.targets.size(), kMaxTargets,
                              [&](size_t i) { return ChangeOf(rehearsal.targets[i]); });
  for (const size_t i : shown) body += Draw(rehearsal.targets[i], &y);
  if (shown.size() < rehearsal.targets.size()) {
    body += TextAt(kMargin, y + 12, "sub",
                   std::to_string(rehearsal.targets.size() - shown.size()) +
                       " more, which change less, are not shown: --service names one");
    y += 32;
  }
  return "<svg xmlns=\"http://www.w3.org/2000/svg\"" + Attribute("width", kWidth) + Attribute("height", y) +
         " viewBox=\"0 0 " + std::to_string(kWidth) + " " + std::to_string(y) +
         "\" role=\"img\" aria-label=\"" + EscapeXml(question) + "\">\n<style>" + kStyle + "</style>\n" +
         body + "</svg>\n";
}

}  // namespace fairlead::reconcilers::preview
