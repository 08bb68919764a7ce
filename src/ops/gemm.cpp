// Gemm: a fully connected layer, every output a weighted sum of all inputs.
//
//   y[n,m] = b[m] + Σ_k x[n,k] · w[m,k]     (w[k,m] where transpose_b is false)
//     x: N×K   w: M×K or K×M   b: M (may be left out)   y: N×M
//   dx = Gemm(dy, w) with the other transposition
//   dw = dy^T · x (x^T · dy where transpose_b is false)     db[m] = Σ_n dy[n,m]
//
// ONNX Gemm with alpha = beta = 1.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Gemm",
    .title = {"Fully connected layer", "全连接层"},
    .equation = "y[m] = b[m] + Σₖ x[k] · w[m,k]",
    .intuition = {"Each output weighs all inputs and adds them up, like a jury in which every "
                  "member has a fixed "
                  "number of votes for every verdict. In a classifier the outputs are the logits.",
                  "每个输出对所有输入加权求和，就像陪审团里每位成员对每种裁决都有固定的票数。在分类"
                  "器中，这些输出就是 logits。"},
    .derivative = {"An input's influence on an output is just the weight between them.",
                   "一个输入对一个输出的影响，就是它们之间的权重。"},
    .reference = "Rosenblatt 1958, Psychological Review",
};

class Gemm final : public Op {
 public:
  explicit Gemm(bool transpose_b) : transpose_b_(transpose_b) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return transpose_b_ ? "transB=1" : ""; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() < 2 || inputs.size() > 3 || inputs[0].rank() != 2 || inputs[1].rank() != 2) {
      return shape_error(
          *this, "wants x (N×K), weight (M×K if transB=1, else K×M) and maybe bias (M)", inputs);
    }
    const int64_t m = inputs[1][transpose_b_ ? 0 : 1], k = inputs[1][transpose_b_ ? 1 : 0];
    if (inputs[0][1] != k)
      return shape_error(*this, "x does not have as many columns as the weight wants", inputs);
    if (inputs.size() == 3 && inputs[2] != Shape{m}) {
      return shape_error(*this, "the bias wants one value for each output", inputs);
    }
    return std::vector<Shape>{Shape{inputs[0][0], m}};
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return 2 * inputs[0][0] * inputs[1].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const int64_t rows = outputs[0].shape[0], m_count = outputs[0].shape[1],
                  k_count = inputs[0].shape[1];
    for (int64_t n = 0; n < rows; ++n) {
      for (int64_t m = 0; m < m_count; ++m) {
        double sum = inputs.size() > 2 ? inputs[2][m] : 0.0;
        for (int64_t k = 0; k < k_count; ++k) {
          sum += inputs[0][n * k_count + k] *
                 inputs[1][transpose_b_ ? m * k_count + k : k * m_count + m];
        }
        outputs[0][n * m_count + m] = sum;
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(context.node.inputs.size());
    if (context.wanted[0]) {
      TRY(out[0], context.emit(make_gemm(!transpose_b_), {context.cotangent(), context.input(1)}));
    }
    if (context.wanted[1]) {
      const ValueId x = context.input(0), dy = context.cotangent();
      TRY(const ValueId left, transpose_matrix(context, transpose_b_ ? dy : x));
      TRY(out[1], context.emit(make_matmul(false), {left, transpose_b_ ? x : dy}));
    }
    if (out.size() == 3 && context.wanted[2]) {
      TRY(out[2],
          context.emit(make_sum_to(context.shape(context.input(2))), {context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    TRY(Tensor weight, constant_input(context, 1, "weight of a fully connected layer"));
    TRY(Tensor bias, optional_constant_input(context, 2, "bias of a fully connected layer"));
    return make_fully_connected_kernel(transpose_b_, std::move(weight), std::move(bias),
                                       output_clamp(context));
  }
  bool can_clamp_output() const override { return true; }

 private:
  const bool transpose_b_;
};

}  // namespace

OpPtr make_gemm(bool transpose_b) { return std::make_shared<Gemm>(transpose_b); }

OpEntry gemm_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"transB"}));
        TRY(const int64_t transpose_b, attributes.integer("transB", 0));
        return make_gemm(transpose_b != 0);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_gemm(true), {{3, 7}, {5, 7}, {5}}, {0, 1, 2}, {1, 2}},
                {make_gemm(false), {{1, 7}, {7, 5}}, {0, 1}, {1}},
                {make_gemm(true), {{2, 1}, {1, 1}, {1}}, {0, 1, 2}, {1, 2}}};
      },
  };
}

}  // namespace convscope
