#include "train/line_search.h"

#include <algorithm>
#include <cmath>

namespace convscope {
namespace {

constexpr int kMaxEvaluations = 25;
constexpr double kSufficientDecrease = 1e-4, kCurvature = 0.9;
// A bracket in which no weight moves further than this is a point.
constexpr double kSmallestMove = 1e-9;

// Where the cubic through two points with their slopes has its minimum, kept within [low, high].
double cubic_minimum(const LinePoint& a, const LinePoint& b, double low, double high) {
  const LinePoint &left = a.step <= b.step ? a : b, &right = a.step <= b.step ? b : a;
  const double d1 =
      left.slope + right.slope - 3 * (left.value - right.value) / (left.step - right.step);
  const double square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double at = right.step - (right.step - left.step) * ((right.slope + d2 - d1) /
                                                             (right.slope - left.slope + 2 * d2));
  return std::isnan(at) ? (low + high) / 2 : std::clamp(at, low, high);
}

class Search {
 public:
  Search(const LinePoint& start, double longest_direction,
         const std::function<Result<LinePoint>(double)>& at)
      : start_(start), longest_direction_(longest_direction), at_(at) {}

  Result<LinePoint> run(double first_step) {
    TRY_STATUS(bracket(first_step));
    while (!done_ && evaluations_ < kMaxEvaluations &&
           std::abs(high_.step - low_.step) * longest_direction_ >= kSmallestMove) {
      TRY_STATUS(shrink());
    }
    return low_;
  }

 private:
  bool decreases(const LinePoint& p) const {
    return p.value <= start_.value + kSufficientDecrease * p.step * start_.slope;
  }
  bool flat_enough(const LinePoint& p) const {
    return std::abs(p.slope) <= -kCurvature * start_.slope;
  }
  Result<LinePoint> evaluate(double step) {
    ++evaluations_;
    return at_(step);
  }
  // The lower one of two points is what later steps improve on; `b` may be no number.
  void set_bracket(const LinePoint& a, const LinePoint& b) {
    low_ = b.value < a.value ? b : a;
    high_ = b.value < a.value ? a : b;
  }

  // Algorithm 3.5: goes out until the minimum lies behind.
  Status bracket(double step) {
    LinePoint before = start_;
    TRY(LinePoint now, evaluate(step));
    while (!std::isfinite(now.value) && evaluations_ < kMaxEvaluations) {
      TRY(now, evaluate(now.step / 2));
    }
    for (int tries = 0;; ++tries) {
      if (!std::isfinite(now.value)) {
        low_ = high_ = before;
        return {};
      }
      // The second look has nothing but the start to be compared with.
      if (!decreases(now) || (tries > 1 && now.value >= before.value) ||
          (!flat_enough(now) && now.slope >= 0)) {
        set_bracket(before, now);
        return {};
      }
      if (flat_enough(now) || evaluations_ >= kMaxEvaluations) {
        low_ = high_ = now;
        done_ = true;
        return {};
      }
      const double next =
          cubic_minimum(before, now, now.step + 0.01 * (now.step - before.step), now.step * 10);
      before = now;
      TRY(now, evaluate(next));
    }
  }

  // Algorithm 3.6: looks inside, and moves one end there.
  Status shrink() {
    const auto [left, right] = std::minmax(low_.step, high_.step);
    double step = cubic_minimum(low_, high_, left, right);
    // Twice near an end, or on it: a tenth of the way in, so that the bracket does shrink.
    const double margin = 0.1 * (right - left);
    if (std::min(right - step, step - left) < margin) {
      if (near_end_ || step >= right || step <= left) {
        step = right - step < step - left ? right - margin : left + margin;
        near_end_ = false;
      } else {
        near_end_ = true;
      }
    } else {
      near_end_ = false;
    }
    TRY(const LinePoint now, evaluate(step));
    if (!(decreases(now) && now.value < low_.value)) {
      set_bracket(low_, now);
      return {};
    }
    if (flat_enough(now)) {
      done_ = true;
    } else if (now.slope * (high_.step - low_.step) >= 0) {
      high_ = low_;
    }
    low_ = now;
    return {};
  }

  const LinePoint start_;
  const double longest_direction_;
  const std::function<Result<LinePoint>(double)>& at_;
  LinePoint low_, high_;
  int evaluations_ = 0;
  bool done_ = false, near_end_ = false;
};

}  // namespace

Result<LinePoint> strong_wolfe_search(const LinePoint& start, double first_step,
                                      double longest_direction,
                                      const std::function<Result<LinePoint>(double)>& at) {
  return Search(start, longest_direction, at).run(first_step);
}

}  // namespace convscope
