// Gather and GatherGrad: elements of an axis picked by constant indices, and put back.
//
//   y[…, j, …] = x[…, index[j], …]              0 ≤ j < number of indices; negative ones count from
//                                               the back
//   dx[…, i, …] = Σ_{j: index[j] = i} dy[…, j, …]      (GatherGrad; what nobody picked gets 0)
//
// ONNX Gather with indices of rank 1 that are known when the graph is made.
#include <algorithm>

#include "ops/axis_linear.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Gather",
    .title = {"Pick", "挑选"},
    .equation = "y[j] = x[index[j]]",
    .intuition = {"Some entries of an axis are picked, in a given order, perhaps more than once. "
                  "Nothing is computed.",
                  "按给定的顺序从一个坐标轴上挑出若干项，可以重复。没有任何计算。"},
    .derivative = {"Every entry collects the gradients of the places it was copied to.",
                   "每一项收集它被复制到的各个位置的梯度。"},
    .reference = "ONNX Gather",
};

constexpr OpDoc kGradDoc = {
    .kind = "GatherGrad",
    .title = {"Pick, backwards", "挑选的反向"},
    .equation = "∂x[index[j]] += ∂y[j]",
    .intuition = {"Gradients go back to the entries they were picked from and add up there. "
                  "Entries that nobody picked get zero.",
                  "梯度回到被挑出的那些项，并在那里相加。没有被挑到的项得到零。"},
    .derivative = {"Putting back is linear; its transpose is picking.",
                   "放回是线性的，它的转置就是挑选。"},
    .reference = "ONNX Gather",
};

class Gather final : public AxisLinear {
 public:
  Gather(int axis, std::vector<int64_t> indices, int64_t transposed_extent)
      : AxisLinear(axis, transposed_extent), indices_(std::move(indices)) {}
  const OpDoc& doc() const override { return is_transposed() ? kGradDoc : kDoc; }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

 protected:
  std::string own_attributes() const override {
    std::string out = "indices=";
    for (size_t i = 0; i < indices_.size(); ++i)
      out += (i > 0 ? "," : "") + std::to_string(indices_[i]);
    return out;
  }
  Result<int64_t> output_extent(int64_t extent) const override {
    const bool inside = std::ranges::all_of(
        indices_, [extent](int64_t index) { return index >= -extent && index < extent; });
    if (!inside || indices_.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "wants one index or more, each within an axis of " + std::to_string(extent));
    }
    return static_cast<int64_t>(indices_.size());
  }
  AxisMap map(int64_t extent) const override {
    std::vector<int64_t> sources = indices_;
    for (int64_t& index : sources) index += index < 0 ? extent : 0;
    return AxisMap::gather(sources);
  }
  OpPtr transposed(int64_t extent) const override {
    return std::make_shared<Gather>(axis(), indices_, extent);
  }

 private:
  const std::vector<int64_t> indices_;
};

}  // namespace

OpPtr make_gather(int axis, std::vector<int64_t> indices) {
  return std::make_shared<Gather>(axis, std::move(indices), -1);
}

OpPtr make_gather_grad(int axis, std::vector<int64_t> indices, int64_t extent) {
  return std::make_shared<Gather>(axis, std::move(indices), extent);
}

OpEntry gather_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis", "indices"}));
        TRY(const int axis, read_axis(attributes));
        TRY(std::vector<int64_t> indices, attributes.integers("indices", {}));
        return make_gather(axis, std::move(indices));
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_gather(3, {2, 0, 1, 2, 4}), {{2, 3, 2, 5}}, {0}, {}},
                {make_gather(-3, {-1, 1}), {{2, 3, 4, 5}}, {0}, {}},
                {make_gather(0, {1, 1, 1}), {{2}}, {0}, {}}};
      },
  };
}

OpEntry gather_grad_entry() {
  return {
      .kind = kGradDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_gather_grad(3, {2, 0, 1, 2}, 5), {{2, 3, 2, 4}}, {0}, {}},
                {make_gather_grad(1, {-1, 1, -1}, 4), {{2, 3, 2}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
