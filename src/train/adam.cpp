#include <cmath>
#include <limits>

#include "train/optimizer.h"
#include "train/options.h"

namespace convscope {
namespace {

class Adam final : public Optimizer {
 public:
  explicit Adam(const AdamOptions& options) : options_(options) {}
  void set_learning_rate(double rate) override { options_.learning_rate = rate; }

  Result<double> step(std::span<const Tensor> weights, Objective& objective) override {
    TRY(const Evaluation now, objective.evaluate());
    TRY_STATUS(check_loss(now.loss));
    if (means_.empty()) TRY_STATUS(start(weights));
    ++steps_;
    for (size_t i = 0; i < weights.size(); ++i)
      move(weights[i], now.gradients[i], means_[i], squares_[i]);
    return now.loss;
  }

 private:
  Status start(std::span<const Tensor> weights) {
    std::vector<Tensor> means, squares;
    for (const Tensor& weight : weights) {
      TRY(means.emplace_back(), Tensor::zeros(weight.shape()));
      TRY(squares.emplace_back(), Tensor::zeros(weight.shape()));
    }
    means_ = std::move(means);
    squares_ = std::move(squares);
    return {};
  }

  void move(const Tensor& weight, const Tensor& gradient, const Tensor& mean,
            const Tensor& square) const {
    const auto steps = static_cast<double>(steps_);
    const auto rate = static_cast<float>(options_.learning_rate /
                                         (1 - std::pow(options_.beta1, steps))),
               root = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, steps))),
               kept = static_cast<float>(options_.beta1),
               fresh = static_cast<float>(1 - options_.beta1),
               kept_square = static_cast<float>(options_.beta2),
               fresh_square = static_cast<float>(1 - options_.beta2),
               epsilon = static_cast<float>(options_.epsilon),
               decay = options_.decoupled ? 0.0f : static_cast<float>(options_.weight_decay),
               shrink = options_.decoupled
                            ? static_cast<float>(1 - options_.learning_rate * options_.weight_decay)
                            : 1.0f;
    float *w = weight.data(), *m = mean.data(), *v = square.data();
    for (int64_t i = 0; i < weight.shape().elements(); ++i) {
      const float g = gradient.data()[i] + decay * w[i];
      m[i] = kept * m[i] + fresh * g;
      v[i] = kept_square * v[i] + fresh_square * g * g;
      w[i] = shrink * w[i] - rate * m[i] / (std::sqrt(v[i]) / root + epsilon);
    }
  }

  AdamOptions options_;
  std::vector<Tensor> means_, squares_;
  int64_t steps_ = 0;
};

}  // namespace

Result<std::unique_ptr<Optimizer>> make_adam(const AdamOptions& options) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TRY_STATUS(check_option("learning_rate", options.learning_rate, 0, kInfinity));
  TRY_STATUS(check_option("beta1", options.beta1, 0, 1));
  TRY_STATUS(check_option("beta2", options.beta2, 0, 1));
  TRY_STATUS(check_option("epsilon", options.epsilon, 0, kInfinity));
  TRY_STATUS(check_option("weight_decay", options.weight_decay, 0, kInfinity));
  return std::make_unique<Adam>(options);
}

}  // namespace convscope
