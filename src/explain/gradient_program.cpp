#include "explain/gradient_program.h"

namespace convscope {

Result<Program*> logit_gradient_program(const Model& model, Session& session, const Shape& input,
                                        const std::string& rules_name, const VjpRules& rules) {
  const std::string key = "logit-gradient " + rules_name + " " + input.text();
  return session.program(key, [&]() -> Result<ProgramSpec> {
    TRY(auto forward, session.graph_at(input, model.logits));
    GraphBuilder builder(*forward);
    const ValueId seed = builder.input("seed", builder.shape(model.logits));
    const ValueId outputs[] = {model.logits}, seeds[] = {seed}, wanted[] = {model.input};
    TRY(auto cotangents, build_vjp(builder, outputs, seeds, wanted, rules));
    if (!cotangents.contains(model.input)) {
      return fail(ErrorCode::kUnsupported,
                  "the logits of " + model.title + " do not depend on its input");
    }
    const ValueId gradient = cotangents.at(model.input);
    return ProgramSpec{std::make_shared<const Graph>(std::move(builder).build()),
                       {model.input, seed},
                       {gradient, model.logits}};
  });
}

Result<Tensor> one_hot(const Shape& shape, int64_t index) {
  CHECK(index >= 0 && index < shape.elements());
  TRY(Tensor tensor, Tensor::zeros(shape));
  tensor.values()[static_cast<size_t>(index)] = 1.0f;
  return tensor;
}

}  // namespace convscope
