#include "ops/block_move.h"

namespace convscope {
namespace {

constexpr int64_t kMaxBlock = 1024;

}  // namespace

Result<std::vector<Shape>> BlockMove::infer(std::span<const Shape> inputs) const {
  if (inputs.size() != 1 || inputs[0].rank() != 4 || block_ < 1 || block_ > kMaxBlock)
    return shape_error(*this, "wants one input of shape N×H×W×C and a block of 1 to 1024", inputs);
  const Shape& x = inputs[0];
  const int64_t area = block_ * block_;
  if (to_depth_) {
    if (x[1] % block_ != 0 || x[2] % block_ != 0)
      return shape_error(*this, "the block does not divide height and width", inputs);
    return std::vector<Shape>{Shape{x[0], x[1] / block_, x[2] / block_, x[3] * area}};
  }
  if (x[3] % area != 0) return shape_error(*this, "block² does not divide the channels", inputs);
  return std::vector<Shape>{Shape{x[0], x[1] * block_, x[2] * block_, x[3] / area}};
}

void BlockMove::evaluate(std::span<const DoubleTensor> inputs,
                         std::span<DoubleTensor> outputs) const {
  const Shape& wide = (to_depth_ ? inputs[0] : outputs[0]).shape;
  for (int64_t i = 0; i < wide.elements(); ++i) {
    const int64_t c = i % wide[3], w = i / wide[3] % wide[2], h = i / wide[3] / wide[2] % wide[1],
                  n = i / wide[3] / wide[2] / wide[1];
    const int64_t place = h % block_ * block_ + w % block_;
    const int64_t channel = column_row_depth_ ? c * block_ * block_ + place : place * wide[3] + c;
    if (to_depth_) {
      outputs[0].at(n, h / block_, w / block_, channel) = inputs[0][i];
    } else {
      outputs[0][i] = inputs[0].at(n, h / block_, w / block_, channel);
    }
  }
}

Result<Cotangents> BlockMove::vjp(VjpContext& context) const {
  TRY(const ValueId dx, context.emit(to_depth_ ? make_depth_to_space(block_, column_row_depth_)
                                               : make_space_to_depth(block_, column_row_depth_),
                                     {context.cotangent()}));
  return Cotangents{dx};
}

Result<OpPtr> block_move_from_attributes(const Attributes& attributes, std::string_view kind,
                                         OpPtr (*make)(int64_t block, bool column_row_depth)) {
  TRY_STATUS(only_attributes(attributes, kind, {"blocksize", "mode"}));
  TRY(const int64_t block, attributes.integer("blocksize", 1));
  const std::string mode = attributes.text("mode", "DCR");
  if (block < 1 || block > kMaxBlock || (mode != "DCR" && mode != "CRD")) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(kind) + " wants a blocksize from 1 to 1024 and mode DCR or CRD; got " +
                    std::to_string(block) + " and " + mode);
  }
  return make(block, mode == "CRD");
}

}  // namespace convscope
