// Trainer: forward, backward, one step of the weights; and the network goes on with the new ones.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ops/normalization.h"
#include "runtime/session.h"
#include "train/optimizer.h"

namespace convscope {

// A batch normalization of the graph that trains by the batch's statistics, and the parameters
// (C elements each) that keep their running averages for later:
//   running ← (1 − momentum) · running + momentum · batch
// once a step, the variance unbiased (n / (n − 1)), as in PyTorch. Ioffe & Szegedy,
// arXiv:1502.03167.
struct RunningStatistics {
  ValueId x;  // what is normalized, N×…×C: says how many n are averaged
  BatchNormalized batch;
  ValueId mean, variance;
  double momentum = 0.1;
};

// What to train. One graph may hold the loss and, beside it, outputs for later use that read the
// same parameters: a program runs only what its outputs need.
struct TrainingTask {
  Graph graph;  // its inputs are fed on every step, in order; their batch may differ between steps
  Parameters parameters;
  ValueId loss;                  // one number, smaller is better
  std::vector<ValueId> weights;  // parameters that learn; none: all that the loss depends on
  std::vector<RunningStatistics> statistics;
};

class Trainer {
 public:
  // Copies the parameters that learn, so that other holders of the same tensors keep their values.
  // Fails where the loss is no single number, where a weight is no parameter or has no influence on
  // the loss, or where something between has no derivative. `pool` must outlive the trainer.
  static Result<std::unique_ptr<Trainer>> create(TrainingTask task,
                                                 std::unique_ptr<Optimizer> optimizer,
                                                 ThreadPool* pool);

  // One step of the optimizer on one batch: a tensor for each input of the graph. Returns the loss
  // before it. Where it fails, the weights and statistics are those before it.
  Result<double> step(std::span<const Tensor> feeds);
  // The loss on a batch; nothing moves.
  Result<double> loss(std::span<const Tensor> feeds);
  // d(loss)/d(weight) on a batch, in the order of weights().
  Result<std::vector<Tensor>> gradients(std::span<const Tensor> feeds);

  Optimizer& optimizer() { return *optimizer_; }
  // The parameters that learn, and their tensors, which share memory with the session's.
  const std::vector<ValueId>& weights() const { return weights_; }
  std::span<const Tensor> weight_tensors() const { return weight_tensors_; }
  // For running the network as it is now; its graph is the task's.
  Session& session() { return session_; }
  int64_t steps() const { return steps_; }

 private:
  class Batch;
  Trainer(TrainingTask task, std::vector<ValueId> weights, std::vector<int32_t> changing,
          std::unique_ptr<Optimizer> optimizer, Tensor seed, ThreadPool* pool);
  const Tensor& parameter(ValueId id) const;
  // Of the loss, then, with `backward`, the gradients by weight and each normalization's mean and
  // variance.
  Result<ProgramSpec> spec_for(std::span<const Shape> shapes, bool backward) const;
  Result<Program*> run(std::span<const Tensor> feeds, bool backward);

  const ValueId loss_;
  const std::vector<ValueId> weights_;
  const std::vector<RunningStatistics> statistics_;
  const std::vector<int32_t> changing_;  // indices of all parameters that a step changes
  const std::unique_ptr<Optimizer> optimizer_;
  const Tensor seed_;  // d(loss)/d(loss) = 1
  Session session_;
  std::vector<Tensor> weight_tensors_;
  int64_t steps_ = 0;
};

}  // namespace convscope
