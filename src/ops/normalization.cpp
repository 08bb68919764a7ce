#include "ops/normalization.h"

#include <vector>

#include "ops/ops.h"

namespace convscope {
namespace {

// Windows beyond this no network has.
constexpr int64_t kMaxNeighbours = 4096;

// centred / √(variance + epsilon).
Result<ValueId> add_division(GraphBuilder& builder, ValueId centred, ValueId variance,
                             float epsilon, const std::string& origin) {
  TRY(const ValueId safe,
      builder.add_one(make_affine(1, epsilon), {variance}, origin + ".variance_epsilon"));
  TRY(const ValueId factor, builder.add_one(make_pow(-0.5f), {safe}, origin + ".factor"));
  return builder.add_one(make_mul(), {centred, factor}, origin + ".normalized");
}

// (x − mean) / √(variance + epsilon), by x's own statistics over `axes`.
Result<BatchNormalized> add_statistics(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                       float epsilon, const std::string& origin) {
  TRY(const ValueId mean, builder.add_one(make_reduce_mean(axes, true), {x}, origin + ".mean"));
  TRY(const ValueId centred, builder.add_one(make_sub(), {x, mean}, origin + ".centred"));
  TRY(const ValueId square, builder.add_one(make_mul(), {centred, centred}, origin + ".square"));
  TRY(const ValueId variance,
      builder.add_one(make_reduce_mean(axes, true), {square}, origin + ".variance"));
  TRY(const ValueId y, add_division(builder, centred, variance, epsilon, origin));
  return BatchNormalized{y, mean, variance};
}

Result<ValueId> add_standardization(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                    float epsilon, const std::string& origin) {
  TRY(const BatchNormalized out, add_statistics(builder, x, axes, epsilon, origin));
  return out.y;
}

Result<ValueId> add_scale_and_bias(GraphBuilder& builder, ValueId x, const ScaleAndBias& after,
                                   const std::string& origin) {
  if (after.scale) {
    TRY(x, builder.add_one(make_mul(), {x, *after.scale}, origin + ".scaled"));
  }
  if (after.bias) {
    TRY(x, builder.add_one(make_add(), {x, *after.bias}, origin));
  }
  return x;
}

}  // namespace

Result<ValueId> add_layer_normalization(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                        float epsilon, const ScaleAndBias& after,
                                        const std::string& origin) {
  TRY(const ValueId normalized, add_standardization(builder, x, axes, epsilon, origin));
  return add_scale_and_bias(builder, normalized, after, origin);
}

Result<ValueId> add_instance_normalization(GraphBuilder& builder, ValueId x, float epsilon,
                                           const ScaleAndBias& after, const std::string& origin) {
  std::vector<int> pixels;
  for (int axis = 1; axis + 1 < builder.shape(x).rank(); ++axis) pixels.push_back(axis);
  if (pixels.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "InstanceNormalization wants x of shape N×…×C with pixels between; got " +
                    builder.shape(x).text());
  }
  return add_layer_normalization(builder, x, pixels, epsilon, after, origin);
}

Result<ValueId> add_group_normalization(GraphBuilder& builder, ValueId x, int64_t groups,
                                        float epsilon, const ScaleAndBias& after,
                                        const std::string& origin) {
  const Shape shape = builder.shape(x);
  if (shape.rank() != 4 || groups < 1 || shape[3] % groups != 0 || shape[3] == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "GroupNormalization wants x of shape N×H×W×C and groups that divide C; got " +
                    shape.text() + " and " + std::to_string(groups));
  }
  TRY(const ValueId grouped,
      builder.add_one(make_reshape({0, 0, 0, groups, shape[3] / groups}), {x}, origin + ".groups"));
  TRY(const ValueId normalized,
      add_standardization(builder, grouped, std::array{1, 2, 4}, epsilon, origin));
  TRY(const ValueId ungrouped,
      builder.add_one(make_reshape({0, 0, 0, shape[3]}), {normalized}, origin + ".ungrouped"));
  return add_scale_and_bias(builder, ungrouped, after, origin);
}

Result<ValueId> add_batch_normalization(GraphBuilder& builder, ValueId x, ValueId mean,
                                        ValueId variance, float epsilon, const ScaleAndBias& after,
                                        const std::string& origin) {
  TRY(const ValueId centred, builder.add_one(make_sub(), {x, mean}, origin + ".centred"));
  TRY(const ValueId normalized, add_division(builder, centred, variance, epsilon, origin));
  return add_scale_and_bias(builder, normalized, after, origin);
}

Result<BatchNormalized> add_batch_normalization_training(GraphBuilder& builder, ValueId x,
                                                         float epsilon, const ScaleAndBias& after,
                                                         const std::string& origin) {
  std::vector<int> axes;
  for (int axis = 0; axis + 1 < builder.shape(x).rank(); ++axis) axes.push_back(axis);
  if (axes.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "BatchNormalization wants x of shape N×…×C; got " + builder.shape(x).text());
  }
  TRY(BatchNormalized out, add_statistics(builder, x, axes, epsilon, origin));
  TRY(out.y, add_scale_and_bias(builder, out.y, after, origin));
  return out;
}

Result<ValueId> add_local_response_normalization(GraphBuilder& builder, ValueId x, int64_t size,
                                                 float alpha, float beta, float bias,
                                                 const std::string& origin) {
  if (size < 1 || size > kMaxNeighbours) {
    return fail(ErrorCode::kInvalidArgument,
                "LRN wants a size from 1 to 4096; got " + std::to_string(size));
  }
  TRY(const ValueId square, builder.add_one(make_mul(), {x, x}, origin + ".square"));
  TRY(const ValueId energy,
      builder.add_one(make_window_sum(-1, (size - 1) / 2, size / 2), {square}, origin + ".energy"));
  TRY(const ValueId base, builder.add_one(make_affine(alpha / static_cast<float>(size), bias),
                                          {energy}, origin + ".base"));
  TRY(const ValueId factor, builder.add_one(make_pow(-beta), {base}, origin + ".factor"));
  return builder.add_one(make_mul(), {x, factor}, origin);
}

}  // namespace convscope
