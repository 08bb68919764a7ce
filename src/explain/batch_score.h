// One class's score for many pictures, or for many states of one layer, several at a time.
#pragma once

#include "method/method.h"

namespace convscope {

class BatchScore {
 public:
  // From pictures of the network's size. A network whose file fixes the batch takes them one by
  // one.
  static Result<BatchScore> of_pictures(const MethodContext& context, int32_t target,
                                        int64_t at_once);
  // From states of a layer: only what follows it is computed. `unsupported` where the logits also
  // depend on something before the layer that goes round it.
  static Result<BatchScore> of_layer(const MethodContext& context, const ModelLayer& layer,
                                     int32_t target, int64_t at_once);

  int64_t at_once() const { return at_once_; }
  // Where the i-th picture or state is written: dense, without the batch axis.
  std::span<float> slot(int64_t i);
  // Computes the first `count` slots.
  Status run(int64_t count);
  double logit(int64_t i) const { return logits_[static_cast<size_t>(i)]; }
  double probability(int64_t i) const { return probabilities_[static_cast<size_t>(i)]; }

 private:
  BatchScore(Session& session, Program* program, Tensor feed, int32_t target);
  static Result<BatchScore> make(const MethodContext& context, ValueId from, int32_t target,
                                 int64_t at_once);
  Session* session_;
  Program* program_;
  Tensor feed_;
  int32_t target_;
  int64_t at_once_;
  std::vector<double> logits_, probabilities_;
};

}  // namespace convscope
