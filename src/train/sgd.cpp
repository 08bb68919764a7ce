#include <limits>

#include "train/optimizer.h"
#include "train/options.h"

namespace convscope {
namespace {

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const SgdOptions& options) : options_(options) {}
  void set_learning_rate(double rate) override { options_.learning_rate = rate; }

  Result<double> step(std::span<const Tensor> weights, Objective& objective) override {
    TRY(const Evaluation now, objective.evaluate());
    TRY_STATUS(check_loss(now.loss));
    const bool first = velocities_.empty();
    if (first && options_.momentum != 0) {
      for (const Tensor& weight : weights) {
        TRY(velocities_.emplace_back(), Tensor::uninitialised(weight.shape()));
      }
    }
    for (size_t i = 0; i < weights.size(); ++i)
      move(weights[i], now.gradients[i], options_.momentum == 0 ? nullptr : &velocities_[i], first);
    return now.loss;
  }

 private:
  void move(const Tensor& weight, const Tensor& gradient, const Tensor* velocity,
            bool first) const {
    const auto rate = static_cast<float>(options_.learning_rate),
               decay = static_cast<float>(options_.weight_decay),
               momentum = static_cast<float>(options_.momentum),
               fresh = first ? 1.0f : static_cast<float>(1 - options_.dampening);
    float* w = weight.data();
    for (int64_t i = 0; i < weight.shape().elements(); ++i) {
      const float g = gradient.data()[i] + decay * w[i];
      float direction = g;
      if (velocity != nullptr) {
        float& v = velocity->data()[i];
        v = (first ? 0.0f : momentum * v) + fresh * g;
        direction = options_.nesterov ? g + momentum * v : v;
      }
      w[i] -= rate * direction;
    }
  }

  SgdOptions options_;
  std::vector<Tensor> velocities_;
};

}  // namespace

Result<std::unique_ptr<Optimizer>> make_sgd(const SgdOptions& options) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TRY_STATUS(check_option("learning_rate", options.learning_rate, 0, kInfinity));
  TRY_STATUS(check_option("momentum", options.momentum, 0, 1));
  TRY_STATUS(check_option("dampening", options.dampening, 0, 1));
  TRY_STATUS(check_option("weight_decay", options.weight_decay, 0, kInfinity));
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
    return fail(ErrorCode::kInvalidArgument, "nesterov wants a momentum above 0 and no dampening");
  }
  return std::make_unique<Sgd>(options);
}

}  // namespace convscope
