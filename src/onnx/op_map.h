// Which ONNX operators ConvScope runs, and what turns each into nodes of ours.
#pragma once

#include "onnx/converter.h"

namespace convscope::onnx {

struct OpMapEntry {
  std::string_view op_type;
  Conversion convert;
};
// Sorted by operator.
std::span<const OpMapEntry> op_map();
// Null where ConvScope has none for it.
const OpMapEntry* find_op(std::string_view op_type);

// One per family, in the file of the same name.
Status convert_elementwise(const NodeConverter& node);  // two or more operands, broadcast
Status convert_unary(const NodeConverter& node);        // one operand, attributes as they are
Status convert_prelu(const NodeConverter& node);
Status convert_clip(const NodeConverter& node);
Status convert_same(const NodeConverter& node);  // Identity, Dropout, Cast to float
Status convert_conv(const NodeConverter& node);
Status convert_batch_normalization(const NodeConverter& node);
Status convert_pool(const NodeConverter& node);
Status convert_global_pool(const NodeConverter& node);
Status convert_gemm(const NodeConverter& node);
Status convert_matmul(const NodeConverter& node);
Status convert_reshape(const NodeConverter& node);  // Reshape, Flatten, Squeeze, Unsqueeze
Status convert_transpose(const NodeConverter& node);
Status convert_concat(const NodeConverter& node);
Status convert_split(const NodeConverter& node);
Status convert_slice(const NodeConverter& node);
Status convert_expand(const NodeConverter& node);
Status convert_reduce(const NodeConverter& node);
Status convert_conv_transpose(const NodeConverter& node);
Status convert_layer_normalization(const NodeConverter& node);
Status convert_instance_normalization(const NodeConverter& node);
Status convert_group_normalization(const NodeConverter& node);
Status convert_mean_variance_normalization(const NodeConverter& node);
Status convert_lrn(const NodeConverter& node);
Status convert_pad(const NodeConverter& node);
Status convert_gather(const NodeConverter& node);
Status convert_tile(const NodeConverter& node);
Status convert_depth_to_space(const NodeConverter& node);  // and SpaceToDepth
Status convert_resize(const NodeConverter& node);          // and Upsample
Status convert_swish(const NodeConverter& node);
Status convert_softmax(const NodeConverter& node);

}  // namespace convscope::onnx
