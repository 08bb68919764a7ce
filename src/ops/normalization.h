// Normalizations as compositions of operators: no operators of their own, so exact and
// differentiable without rules. Channels stand last. `origin` names the nodes. Each fails where the
// shapes do, or where a number makes no sense.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "graph/graph.h"

namespace convscope {

// What follows a normalization: y · scale + bias, broadcast to y; either may be left out.
struct ScaleAndBias {
  std::optional<ValueId> scale, bias;
};

// (x − mean) / √(variance + epsilon), both over `axes` (negative ones counted from the back).
// LayerNormalization is this over the normalized axes: Ba, Kiros & Hinton, arXiv:1607.06450.
Result<ValueId> add_layer_normalization(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                        float epsilon, const ScaleAndBias& after,
                                        const std::string& origin);

// The same over the pixels of each image and channel, x: N×…×C; scale and bias: C.
// Ulyanov, Vedaldi & Lempitsky, arXiv:1607.08022.
Result<ValueId> add_instance_normalization(GraphBuilder& builder, ValueId x, float epsilon,
                                           const ScaleAndBias& after, const std::string& origin);

// The same over the pixels and one of `groups` groups of channels, x: N×H×W×C; scale and bias: C.
// Wu & He, arXiv:1803.08494.
Result<ValueId> add_group_normalization(GraphBuilder& builder, ValueId x, int64_t groups,
                                        float epsilon, const ScaleAndBias& after,
                                        const std::string& origin);

// Batch normalization, x: N×…×C, all else C. As it runs after training, by the mean and variance
// that training left: (x − mean) / √(variance + epsilon) · scale + bias.
// Ioffe & Szegedy, arXiv:1502.03167, algorithm 2.
Result<ValueId> add_batch_normalization(GraphBuilder& builder, ValueId x, ValueId mean,
                                        ValueId variance, float epsilon, const ScaleAndBias& after,
                                        const std::string& origin);

// The same as it trains, by the statistics of the batch itself, through which gradients flow:
// algorithm 1 there. The biased mean and variance have the shape 1×…×1×C.
struct BatchNormalized {
  ValueId y, mean, variance;
};
Result<BatchNormalized> add_batch_normalization_training(GraphBuilder& builder, ValueId x,
                                                         float epsilon, const ScaleAndBias& after,
                                                         const std::string& origin);

// x / (bias + alpha/size · Σ x²)^beta, the sum over `size` neighbouring channels, of which the
// larger half follows. Krizhevsky, Sutskever & Hinton, NeurIPS 2012; ONNX LRN.
Result<ValueId> add_local_response_normalization(GraphBuilder& builder, ValueId x, int64_t size,
                                                 float alpha, float beta, float bias,
                                                 const std::string& origin);

}  // namespace convscope
