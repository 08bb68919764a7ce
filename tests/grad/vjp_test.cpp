// Every derivative rule of the registry against central differences; and that a wrong rule would be
// found.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "grad/checker.h"
#include "kernels/kernel.h"

namespace convscope {
namespace {

using testing::check_vjp;

// The ledger: operators without a derivative on purpose, each with its reason in the head of its
// file.
const std::set<std::string_view> kNotDifferentiable{"MaxPoolGrad", "ReduceMaxGrad", "ReduceProd"};

TEST(Vjp, EveryRuleAgreesWithCentralDifferences) {
  for (const OpEntry& entry : op_registry()) {
    const auto samples = entry.samples();
    ASSERT_FALSE(samples.empty()) << entry.kind << " has no samples, so nothing would test it";
    bool differentiated = false;
    for (size_t i = 0; i < samples.size(); ++i) {
      if (samples[i].differentiable_inputs.empty()) continue;
      differentiated = true;
      const auto wrong = check_vjp(samples[i], 100 + i);
      EXPECT_FALSE(wrong.has_value()) << *wrong;
    }
    EXPECT_NE(differentiated, kNotDifferentiable.contains(entry.kind)) << entry.kind;
  }
}

TEST(Vjp, TheDerivativeOfADerivativeIsCheckedToo) {
  // Ops that only derivatives use are in the registry, so the test above differentiates them as
  // well.
  for (std::string_view kind : {"ConvInputGrad", "ConvWeightGrad", "ReluGrad", "ClipGrad",
                                "AveragePoolGrad", "Expand", "SumTo"}) {
    const auto entries = op_registry();
    EXPECT_TRUE(std::ranges::any_of(entries, [&](const OpEntry& entry) {
      return entry.kind == kind && entry.from_attributes == nullptr &&
             !entry.samples()[0].differentiable_inputs.empty();
    })) << kind;
  }
}

TEST(Vjp, OpsWithoutADerivativeSaySoByName) {
  for (const OpEntry& entry : op_registry()) {
    if (!kNotDifferentiable.contains(entry.kind)) continue;
    OpEntry::Sample sample = entry.samples()[0];
    sample.differentiable_inputs = {0};
    const auto refusal = check_vjp(sample, 1);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_NE(refusal->find(std::string(entry.kind) + " has no derivative"), std::string::npos)
        << *refusal;
  }
}

TEST(Vjp, WeightsAndBiasesAreDifferentiatedWhereverThereAreAny) {
  for (const OpEntry& entry : op_registry()) {
    if (entry.kind != "Conv" && entry.kind != "ConvTranspose" && entry.kind != "Gemm") continue;
    for (const OpEntry::Sample& sample : entry.samples())
      EXPECT_EQ(sample.differentiable_inputs.size(), sample.inputs.size()) << op_text(*sample.op);
  }
}

// --- The checker itself: planted mistakes must not pass. -------------------------------

constexpr OpDoc kPlantedDoc = {.kind = "Planted"};

// Forwards like `honest`, backwards a little wrong.
class Planted final : public Op {
 public:
  using Mistake = Result<ValueId> (*)(VjpContext& context, ValueId right);
  Planted(OpPtr honest, Mistake mistake) : honest_(std::move(honest)), mistake_(mistake) {}
  const OpDoc& doc() const override { return kPlantedDoc; }
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    return honest_->infer(inputs);
  }
  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    honest_->evaluate(inputs, outputs);
  }
  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(Cotangents out, honest_->vjp(context));
    if (out[0]) {
      TRY(out[0], mistake_(context, *out[0]));
    }
    return out;
  }
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return honest_->lower(context);
  }

 private:
  const OpPtr honest_;
  const Mistake mistake_;
};

TEST(Checker, FindsPlantedMistakes) {
  const std::vector<std::pair<const char*, Planted::Mistake>> mistakes{
      {"none", [](VjpContext&, ValueId right) -> Result<ValueId> { return right; }},
      {"sign",
       [](VjpContext& context, ValueId right) { return context.emit(make_scale(-1), {right}); }},
      {"one part in ten thousand",
       [](VjpContext& context, ValueId right) {
         return context.emit(make_scale(1.0001f), {right});
       }},
      {"a term too many",
       [](VjpContext& context, ValueId right) { return context.emit(make_add(), {right, right}); }},
      {"shifted by one pixel",
       [](VjpContext& context, ValueId right) -> Result<ValueId> {
         TRY(const ValueId part,
             context.emit(make_slice(1, 1, context.shape(right)[1] - 1), {right}));
         return context.emit(make_pad(1, 0, 1), {part});
       }},
  };
  const auto entries = op_registry();
  for (std::string_view kind : {"Conv", "MaxPool", "Relu", "AveragePool", "Softmax"}) {
    const auto entry = std::ranges::find(entries, kind, &OpEntry::kind);
    ASSERT_NE(entry, entries.end());
    for (OpEntry::Sample sample : entry->samples()) {
      if (sample.inputs[0].rank() != 4) continue;
      for (const auto& [name, mistake] : mistakes) {
        OpEntry::Sample planted = sample;
        planted.op = std::make_shared<Planted>(sample.op, mistake);
        planted.differentiable_inputs = {0};
        EXPECT_EQ(check_vjp(planted, 3).has_value(), std::string_view(name) != "none")
            << kind << ", mistake: " << name;
      }
    }
  }
}

TEST(Checker, FindsAMissingTerm) {
  // y = x · x whose rule forgets that x stands on both sides.
  class ForgetfulSquare final : public Op {
   public:
    const OpDoc& doc() const override { return kPlantedDoc; }
    Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
      return std::vector<Shape>{inputs[0]};
    }
    void evaluate(std::span<const DoubleTensor> inputs,
                  std::span<DoubleTensor> outputs) const override {
      std::ranges::transform(inputs[0].values, outputs[0].values.begin(),
                             [](double x) { return x * x; });
    }
    Result<Cotangents> vjp(VjpContext& context) const override {
      TRY(const ValueId dx, context.emit(make_mul(), {context.input(0), context.cotangent()}));
      return Cotangents{dx};
    }
    Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
      return fail(ErrorCode::kUnsupported, "for the checker only");
    }
  };
  EXPECT_TRUE(
      check_vjp({std::make_shared<ForgetfulSquare>(), {Shape{3, 2}}, {0}, {}}, 1).has_value());
}

}  // namespace
}  // namespace convscope
