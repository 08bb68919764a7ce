// Gelu: passes a signal as far as it is likely to be above a random one.
//
//   y = x · Φ(x), Φ the distribution function of the normal distribution: ½ (1 + erf(x/√2))
//       approximate=tanh: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
//   dx = dy · (Φ(x) + x · φ(x)), φ the density; for tanh t the derivative of that formula
//
// Hendrycks & Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415; ONNX Gelu.
#include <cmath>
#include <numbers>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Gelu",
    .title = {"GELU", "GELU 激活"},
    .equation = "y = x · Φ(x)",
    .intuition =
        {"Large signals pass, small ones are mostly muted, and the change between is smooth. "
         "Transformers and ConvNeXt use it in place of ReLU.",
         "大的信号通过，小的大多被压低，中间平滑过渡。Transformer 和 ConvNeXt 用它代替 ReLU。"},
    .derivative = {"Nearly 1 for large signals and nearly 0 for very negative ones; just below "
                   "zero it is even negative.",
                   "信号大时接近 1，负得很深时接近 0；在零的左侧附近甚至是负的。"},
    .reference = "Hendrycks & Gimpel 2016, arXiv:1606.08415",
};

// √(2/π) and the paper's coefficient of x³.
constexpr float kScale = std::numbers::sqrt2_v<float> * std::numbers::inv_sqrtpi_v<float>;
constexpr float kCubic = 0.044715f;

class Gelu final : public Unary {
 public:
  explicit Gelu(bool tanh) : tanh_(tanh) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return tanh_ ? "approximate=tanh" : ""; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return tanh_ ? make_unary_kernel(UnaryFunction::kGeluTanh, kScale, kCubic)
                 : make_unary_kernel(UnaryFunction::kGelu);
  }

 protected:
  double value(double x) const override {
    if (!tanh_) return 0.5 * x * (1 + std::erf(x * (std::numbers::sqrt2 / 2)));
    return 0.5 * x *
           (1 +
            std::tanh(static_cast<double>(kScale) * (x + static_cast<double>(kCubic) * x * x * x)));
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return tanh_ ? tanh_slope(context) : erf_slope(context);
  }

 private:
  // Φ(x) + x · φ(x).
  static Result<std::optional<ValueId>> erf_slope(VjpContext& context) {
    const ValueId x = context.input(0);
    TRY(const ValueId scaled, context.emit(make_scale(std::numbers::sqrt2_v<float> / 2), {x}));
    TRY(const ValueId erf, context.emit(make_erf(), {scaled}));
    TRY(const ValueId distribution, context.emit(make_affine(0.5f, 0.5f), {erf}));
    TRY(const ValueId square, context.emit(make_mul(), {scaled, scaled}));
    TRY(const ValueId minus, context.emit(make_scale(-1), {square}));
    TRY(const ValueId bell, context.emit(make_exp(), {minus}));
    TRY(const ValueId weighted, context.emit(make_mul(), {x, bell}));
    TRY(const ValueId share, context.emit(make_scale(kScale / 2), {weighted}));
    return context.emit(make_add(), {distribution, share});
  }

  // ½ (1 + t) + ½ x (1 − t²) u', with t = tanh(u), u = s (x + c x³), u' = s (1 + 3 c x²).
  static Result<std::optional<ValueId>> tanh_slope(VjpContext& context) {
    const ValueId x = context.input(0);
    TRY(const ValueId square, context.emit(make_mul(), {x, x}));
    TRY(const ValueId factor, context.emit(make_affine(kScale * kCubic, kScale), {square}));
    TRY(const ValueId u, context.emit(make_mul(), {x, factor}));
    TRY(const ValueId t, context.emit(make_tanh(), {u}));
    TRY(const ValueId gate, context.emit(make_affine(0.5f, 0.5f), {t}));
    TRY(const ValueId t_square, context.emit(make_mul(), {t, t}));
    TRY(const ValueId t_slope, context.emit(make_affine(-0.5f, 0.5f), {t_square}));
    TRY(const ValueId u_slope, context.emit(make_affine(3 * kScale * kCubic, kScale), {square}));
    TRY(const ValueId product, context.emit(make_mul(), {t_slope, u_slope}));
    TRY(const ValueId share, context.emit(make_mul(), {x, product}));
    return context.emit(make_add(), {gate, share});
  }

  const bool tanh_;
};

}  // namespace

OpPtr make_gelu(bool tanh) { return std::make_shared<Gelu>(tanh); }

OpEntry gelu_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"approximate"}));
        const std::string approximate = attributes.text("approximate", "none");
        if (approximate != "none" && approximate != "tanh") {
          return fail(ErrorCode::kInvalidArgument,
                      "approximate can be none or tanh; got '" + approximate + "'");
        }
        return make_gelu(approximate == "tanh");
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out = unary_samples(make_gelu(false));
        out.push_back({make_gelu(true), {{3, 7}}, {0}, {}});
        return out;
      },
  };
}

}  // namespace convscope
