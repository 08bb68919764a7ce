// What DepthToSpace and SpaceToDepth share: they undo each other. Internal to src/ops.
//
//   wide[n, h·b + k, v·b + l, c] = deep[n, h, v, (k·b + l)·C + c]
//     or, with column_row_depth,   deep[n, h, v, c·b² + k·b + l]
//     wide: N×(H·b)×(W·b)×C   deep: N×H×W×(C·b²)
#pragma once

#include "ops/support.h"

namespace convscope {

class BlockMove : public Op {
 public:
  BlockMove(int64_t block, bool column_row_depth, bool to_depth)
      : block_(block), column_row_depth_(column_row_depth), to_depth_(to_depth) {}
  std::string attributes() const final {
    return "blocksize=" + std::to_string(block_) + (column_row_depth_ ? " mode=CRD" : "");
  }
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const final;
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const final { return 0; }
  void evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const final;
  Result<Cotangents> vjp(VjpContext& context) const final;
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const final {
    return make_block_move_kernel(block_, column_row_depth_, to_depth_);
  }

 private:
  const int64_t block_;
  const bool column_row_depth_, to_depth_;
};

// Reads blocksize and mode.
Result<OpPtr> block_move_from_attributes(const Attributes& attributes, std::string_view kind,
                                         OpPtr (*make)(int64_t block, bool column_row_depth));

}  // namespace convscope
