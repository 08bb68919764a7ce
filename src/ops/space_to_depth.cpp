// SpaceToDepth: blocks of pixels become channels.
//
//   y[h, v, (k·b+l)·C + c] = x[h·b+k, v·b+l, c]
//     x: N×(H·b)×(W·b)×C   y: N×H×W×(C·b²)
//     mode CRD counts channels as c·b² + k·b + l
//   dx = DepthToSpace(dy)
//
// ONNX SpaceToDepth, which knows mode CRD since operator set 28.
#include "ops/block_move.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "SpaceToDepth",
    .title = {"Space to depth", "像素变通道"},
    .equation = "y[h, v, (k·b+l)·C + c] = x[h·b+k, v·b+l, c]",
    .intuition = {"Small blocks of pixels are stacked as channels, so that the picture shrinks "
                  "without losing anything. Nothing is computed.",
                  "小块的像素叠成通道，图像变小却不丢失任何信息。没有任何计算。"},
    .derivative = {"The gradient's channels become pixels again.", "梯度的通道再变回像素。"},
    .reference = "ONNX SpaceToDepth",
};

class SpaceToDepth final : public BlockMove {
 public:
  SpaceToDepth(int64_t block, bool column_row_depth)
      : BlockMove(block, column_row_depth, /*to_depth=*/true) {}
  const OpDoc& doc() const override { return kDoc; }
};

}  // namespace

OpPtr make_space_to_depth(int64_t block, bool column_row_depth) {
  return std::make_shared<SpaceToDepth>(block, column_row_depth);
}

OpEntry space_to_depth_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        return block_move_from_attributes(attributes, kDoc.kind, make_space_to_depth);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_space_to_depth(2, false), {{2, 4, 6, 3}}, {0}, {}},
                {make_space_to_depth(2, true), {{2, 4, 6, 3}}, {0}, {}},
                {make_space_to_depth(3, true), {{1, 3, 6, 1}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
