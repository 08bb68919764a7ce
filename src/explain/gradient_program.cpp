#include "explain/gradient_program.h"

namespace convscope {

Result<Program*> value_gradient_program(const Model& model, Session& session, ValueId value,
                                        const Shape& input, const std::string& rules_name,
                                        const VjpRules& rules) {
  const std::string key =
      "gradient of " + std::to_string(value.index) + " " + rules_name + " " + input.text();
  return session.program(key, [&]() -> Result<ProgramSpec> {
    TRY(auto forward, session.graph_at(input, value));
    GraphBuilder builder(*forward);
    const ValueId seed = builder.input("seed", builder.shape(value));
    const ValueId outputs[] = {value}, seeds[] = {seed}, wanted[] = {model.input};
    TRY(auto cotangents, build_vjp(builder, outputs, seeds, wanted, rules));
    if (!cotangents.contains(model.input)) {
      return fail(ErrorCode::kUnsupported, forward->value(value).name + " of " + model.title +
                                               " does not depend on the picture");
    }
    const ValueId gradient = cotangents.at(model.input);
    return ProgramSpec{std::make_shared<const Graph>(std::move(builder).build()),
                       {model.input, seed},
                       {gradient, value},
                       {seed}};
  });
}

Result<Program*> logit_gradient_program(const Model& model, Session& session, const Shape& input,
                                        const std::string& rules_name, const VjpRules& rules) {
  return value_gradient_program(model, session, model.logits, input, rules_name, rules);
}

Result<Program*> activation_program(const MethodContext& context, const ModelLayer& layer,
                                    const Shape& input) {
  return context.session.program("layer " + layer.name + " " + input.text(),
                                 [&]() -> Result<ProgramSpec> {
                                   TRY(auto graph, context.session.graph_at(input, layer.value));
                                   return ProgramSpec{graph, {context.model.input}, {layer.value}};
                                 });
}

Result<Program*> answers_program(const MethodContext& context) {
  const Model& model = context.model;
  const Shape& input = context.input.shape();
  return context.session.program("answers " + input.text(), [&]() -> Result<ProgramSpec> {
    TRY(auto forward, context.session.graph_at(input, model.probabilities));
    return ProgramSpec{forward, {model.input}, {model.logits, model.probabilities}};
  });
}

Result<Tensor> one_hot(const Shape& shape, int64_t index) {
  CHECK(index >= 0 && index < shape.elements());
  TRY(Tensor tensor, Tensor::zeros(shape));
  tensor.values()[static_cast<size_t>(index)] = 1.0f;
  return tensor;
}

Result<LogitGradient> LogitGradient::of(const MethodContext& context, int32_t target) {
  TRY(Program * program,
      logit_gradient_program(context.model, context.session, context.input.shape(), "plain", {}));
  TRY(Tensor seed, one_hot(program->graph().shape(program->feed(1)), target));
  return LogitGradient(context.session, program, std::move(seed), target);
}

Result<TensorView> LogitGradient::at(const Tensor& input) {
  const Tensor feeds[] = {input, seed_};
  TRY_STATUS(session_->run(*program_, feeds));
  score_ = program_->view(program_->output(1)).data[target_];
  return program_->view(program_->output(0));
}

Result<Score> Score::of(const MethodContext& context, int32_t target) {
  const Model& model = context.model;
  TRY(Program * program,
      context.session.program(
          "logits " + context.input.shape().text(), [&]() -> Result<ProgramSpec> {
            TRY(auto forward, context.session.graph_at(context.input.shape(), model.logits));
            return ProgramSpec{forward, {model.input}, {model.logits}};
          }));
  return Score(context.session, program, target);
}

Result<double> Score::at(const Tensor& input) {
  const Tensor feeds[] = {input};
  TRY_STATUS(session_->run(*program_, feeds));
  return program_->view(program_->output(0)).data[target_];
}

}  // namespace convscope
