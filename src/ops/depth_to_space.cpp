// DepthToSpace: channels become blocks of pixels.
//
//   y[h·b+k, v·b+l, c] = x[h, v, (k·b+l)·C + c]
//     x: N×H×W×(C·b²)   y: N×(H·b)×(W·b)×C
//     mode CRD counts channels as c·b² + k·b + l
//   dx = SpaceToDepth(dy)
//
// Shi et al., "Real-Time Single Image and Video Super-Resolution", arXiv:1609.05158; ONNX
// DepthToSpace.
#include "ops/block_move.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "DepthToSpace",
    .title = {"Depth to space (pixel shuffle)", "通道变像素"},
    .equation = "y[h·b+k, v·b+l, c] = x[h, v, (k·b+l)·C + c]",
    .intuition = {"Groups of channels are laid out as small blocks of pixels, so that the picture "
                  "grows and gets thinner. Nothing is computed.",
                  "成组的通道铺成小块的像素，图像变大、通道变少。没有任何计算。"},
    .derivative = {"The gradient's pixels become channels again.", "梯度的像素再变回通道。"},
    .reference = "Shi et al. 2016, arXiv:1609.05158",
};

class DepthToSpace final : public BlockMove {
 public:
  DepthToSpace(int64_t block, bool column_row_depth)
      : BlockMove(block, column_row_depth, /*to_depth=*/false) {}
  const OpDoc& doc() const override { return kDoc; }
};

}  // namespace

OpPtr make_depth_to_space(int64_t block, bool column_row_depth) {
  return std::make_shared<DepthToSpace>(block, column_row_depth);
}

OpEntry depth_to_space_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        return block_move_from_attributes(attributes, kDoc.kind, make_depth_to_space);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_depth_to_space(2, false), {{2, 2, 3, 12}}, {0}, {}},
                {make_depth_to_space(2, true), {{2, 2, 3, 12}}, {0}, {}},
                {make_depth_to_space(3, true), {{1, 1, 2, 9}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
