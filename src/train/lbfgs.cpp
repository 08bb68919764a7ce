#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "train/line_search.h"
#include "train/optimizer.h"
#include "train/options.h"

namespace convscope {
namespace {

// A step along which the gradient changed by less says nothing about the curvature.
constexpr double kSmallestCurvature = 1e-10;

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.shape().elements(); ++i)
    sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

void add_scaled(const Tensor& to, double factor, const Tensor& what) {
  for (int64_t i = 0; i < to.shape().elements(); ++i)
    to.data()[i] += static_cast<float>(factor * static_cast<double>(what.data()[i]));
}

// All tensors one behind the other, times a factor.
Result<Tensor> flattened(std::span<const Tensor> tensors, float factor) {
  int64_t count = 0;
  for (const Tensor& tensor : tensors) count += tensor.shape().elements();
  TRY(Tensor out, Tensor::uninitialised(Shape{count}));
  float* to = out.data();
  for (const Tensor& tensor : tensors)
    to = std::ranges::transform(tensor.values(), to, [=](float v) { return factor * v; }).out;
  return out;
}

// A step that was taken (s) and how the gradient changed along it (y).
struct Memory {
  Tensor s, y;
  double curvature = 0;  // s·y
};

class Lbfgs final : public Optimizer {
 public:
  explicit Lbfgs(const LbfgsOptions& options) : options_(options) {}
  void set_learning_rate(double rate) override { options_.learning_rate = rate; }

  Result<double> step(std::span<const Tensor> weights, Objective& objective) override {
    TRY(const Evaluation now, objective.evaluate());
    TRY_STATUS(check_loss(now.loss));
    TRY(Tensor descent, flattened(now.gradients, -1));
    if (!direction_.empty()) TRY_STATUS(remember(descent));
    TRY(Tensor direction, descent.clone());
    apply_inverse_hessian(direction);
    // The rounding of a flat place may point uphill, and there is nowhere to go.
    const LinePoint start{0, now.loss, -dot(descent, direction)};
    if (!(start.slope < 0)) return now.loss;

    TRY(const Tensor origin, flattened(weights, 1));
    double longest = 0;
    for (float value : direction.values())
      longest = std::max(longest, static_cast<double>(std::abs(value)));
    const auto at = [&](double length) -> Result<LinePoint> {
      place(weights, origin, length, direction);
      TRY(const Evaluation there, objective.evaluate());
      TRY(const Tensor downhill, flattened(there.gradients, -1));
      return LinePoint{length, there.loss, -dot(downhill, direction)};
    };
    const auto found = strong_wolfe_search(start, first_step(descent), longest, at);
    place(weights, origin, found ? found->step : 0, direction);
    if (!found) return std::unexpected(found.error());
    length_ = found->step;
    descent_ = std::move(descent);
    direction_ = std::move(direction);
    return now.loss;
  }

 private:
  double first_step(const Tensor& descent) const {
    if (!descent_.empty()) return options_.learning_rate;
    double sum = 0;
    for (float value : descent.values()) sum += static_cast<double>(std::abs(value));
    return std::min(1.0, 1.0 / sum) * options_.learning_rate;
  }

  static void place(std::span<const Tensor> weights, const Tensor& origin, double length,
                    const Tensor& direction) {
    const std::span<const float> from = origin.values(), along = direction.values();
    size_t next = 0;
    for (Tensor weight : weights) {
      for (float& value : weight.values()) {
        // Not even an infinite direction moves anything by no step.
        const double move = length == 0 ? 0.0 : length * static_cast<double>(along[next]);
        value = from[next++] + static_cast<float>(move);
      }
    }
  }

  // What the last step showed; once, should the coming one fail.
  Status remember(const Tensor& descent) {
    Memory last;
    TRY(last.y, descent_.clone());
    add_scaled(last.y, -1, descent);
    last.s = std::move(direction_);
    for (float& value : last.s.values()) value *= static_cast<float>(length_);
    last.curvature = dot(last.s, last.y);
    if (!(last.curvature > kSmallestCurvature)) return {};
    scale_ = last.curvature / dot(last.y, last.y);
    if (memory_.size() == static_cast<size_t>(options_.history)) memory_.pop_front();
    memory_.push_back(std::move(last));
    return {};
  }

  // The two loops.
  void apply_inverse_hessian(const Tensor& q) const {
    std::vector<double> alphas(memory_.size());
    for (size_t i = memory_.size(); i-- > 0;) {
      alphas[i] = dot(memory_[i].s, q) / memory_[i].curvature;
      add_scaled(q, -alphas[i], memory_[i].y);
    }
    for (int64_t i = 0; i < q.shape().elements(); ++i)
      q.data()[i] = static_cast<float>(scale_ * static_cast<double>(q.data()[i]));
    for (size_t i = 0; i < memory_.size(); ++i) {
      const double beta = dot(memory_[i].y, q) / memory_[i].curvature;
      add_scaled(q, alphas[i] - beta, memory_[i].s);
    }
  }

  LbfgsOptions options_;
  std::deque<Memory> memory_;
  double scale_ = 1;            // of the inverse Hessian before anything is known of it
  Tensor descent_, direction_;  // of the last step that moved; descent: the negative gradient there
  double length_ = 0;
};

}  // namespace

Result<std::unique_ptr<Optimizer>> make_lbfgs(const LbfgsOptions& options) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TRY_STATUS(check_option("learning_rate", options.learning_rate, 1e-30, kInfinity));
  TRY_STATUS(check_option("history", options.history, 1, 1001));
  return std::make_unique<Lbfgs>(options);
}

}  // namespace convscope
