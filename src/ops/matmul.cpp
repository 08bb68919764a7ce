// MatMul: products of matrices, in batches.
//
//   y[…,m,n] = Σ_k a[…,m,k] · b[…,k,n]          (b[…,n,k] where transpose_b is true)
//     a: …×M×K   b: …×K×N or …×N×K   y: …×M×N   leading axes broadcast as in NumPy
//   da = MatMul(dy, b) with the other transposition
//   db = MatMul(a^T, dy), or MatMul(dy^T, a); each summed over repeated leading axes
//
// ONNX MatMul for operands of rank 2 and more.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "MatMul",
    .title = {"Matrix product", "矩阵乘法"},
    .equation = "y[m,n] = Σₖ a[m,k] · b[k,n]",
    .intuition = {"Every row of one matrix is compared with every column of the other. In "
                  "attention both are computed: what one place looks for meets what another "
                  "place offers.",
                  "一个矩阵的每一行与另一个的每一列相比较。在注意力机制中两者都是算出来的：一个位"
                  "置要找的，遇上另一个位置提供的。"},
    .derivative = {"Each operand's gradient is weighted by the other operand.",
                   "每个操作数的梯度由另一个操作数加权。"},
    .reference = "ONNX MatMul",
};

// The leading axes of a matrix operand.
Shape batch_shape(const Shape& shape) {
  return Shape(shape.dims().first(static_cast<size_t>(shape.rank() - 2)));
}

class MatMul final : public Op {
 public:
  explicit MatMul(bool transpose_b) : transpose_b_(transpose_b) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return transpose_b_ ? "transB=1" : ""; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0].rank() < 2 || inputs[1].rank() < 2) {
      return shape_error(*this, "wants two operands with two axes or more", inputs);
    }
    const Shape &a = inputs[0], &b = inputs[1];
    Shape batch;
    if (a[-1] != b[transpose_b_ ? -1 : -2]) {
      return shape_error(*this, "the operands do not share the extent that is summed over", inputs);
    }
    if (a.elements() == 0 || b.elements() == 0 ||
        !broadcast_shapes(batch_shape(a), batch_shape(b), &batch)) {
      return shape_error(*this, "the leading axes do not broadcast", inputs);
    }
    std::vector<int64_t> out(batch.dims().begin(), batch.dims().end());
    out.push_back(a[-2]);
    out.push_back(b[transpose_b_ ? -2 : -1]);
    return std::vector<Shape>{Shape(std::span<const int64_t>(out))};
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape> outputs) const override {
    return 2 * outputs[0].elements() * inputs[0][-1];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor &a = inputs[0], &b = inputs[1];
    const int64_t m_count = a.shape[-2], k_count = a.shape[-1], n_count = outputs[0].shape[-1];
    const Shape batch = batch_shape(outputs[0].shape);
    for (int64_t i = 0; i < batch.elements(); ++i) {
      const int64_t from_a = broadcast_index(batch_shape(a.shape), batch, i) * m_count * k_count;
      const int64_t from_b = broadcast_index(batch_shape(b.shape), batch, i) * k_count * n_count;
      for (int64_t m = 0; m < m_count; ++m) {
        for (int64_t n = 0; n < n_count; ++n) {
          double sum = 0;
          for (int64_t k = 0; k < k_count; ++k) {
            sum += a[from_a + m * k_count + k] *
                   b[from_b + (transpose_b_ ? n * k_count + k : k * n_count + n)];
          }
          outputs[0][(i * m_count + m) * n_count + n] = sum;
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    const ValueId dy = context.cotangent(), a = context.input(0), b = context.input(1);
    if (context.wanted[0]) {
      const Shape shape = context.shape(a);
      TRY(const ValueId da, context.emit(make_matmul(!transpose_b_), {dy, b}));
      TRY(out[0], sum_to_shape(context, da, shape));
    }
    if (context.wanted[1]) {
      const Shape shape = context.shape(b);
      TRY(const ValueId left, transpose_matrix(context, transpose_b_ ? dy : a));
      TRY(const ValueId db, context.emit(make_matmul(false), {left, transpose_b_ ? a : dy}));
      TRY(out[1], sum_to_shape(context, db, shape));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    // A constant matrix is packed once.
    if (context.parameters[1] != nullptr && context.inputs[1].rank() == 2) {
      return make_fully_connected_kernel(transpose_b_, *context.parameters[1], Tensor(),
                                         output_clamp(context));
    }
    return make_matmul_kernel(transpose_b_);
  }

 private:
  const bool transpose_b_;
};

}  // namespace

OpPtr make_matmul(bool transpose_b) { return std::make_shared<MatMul>(transpose_b); }

OpEntry matmul_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"transB"}));
        TRY(const int64_t transpose_b, attributes.integer("transB", 0));
        return make_matmul(transpose_b != 0);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_matmul(false), {{3, 7}, {7, 5}}, {0, 1}, {}},
                {make_matmul(true), {{2, 3, 4}, {2, 5, 4}}, {0, 1}, {}},
                // Leading axes that are repeated, on either side and on both.
                {make_matmul(false), {{2, 3, 4, 5}, {5, 6}}, {0, 1}, {}},
                {make_matmul(false), {{4, 5}, {3, 5, 2}}, {0, 1}, {}},
                {make_matmul(true), {{3, 1, 2, 4}, {2, 3, 4}}, {0, 1}, {}},
                {make_matmul(false), {{2, 3, 4}, {4, 6}}, {0, 1}, {1}},
                {make_matmul(true), {{1, 4}, {6, 4}}, {0, 1}, {1}}};
      },
  };
}

}  // namespace convscope
