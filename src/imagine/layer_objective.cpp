#include "imagine/layer_objective.h"

#include "graph/vjp.h"
#include "ops/ops.h"

namespace convscope {

Result<Program*> mean_square_program(const Model& model, Session& session, const ModelLayer& layer,
                                     const Shape& input) {
  return session.program(
      "mean-square " + layer.name + " " + input.text(), [&]() -> Result<ProgramSpec> {
        TRY(auto forward, session.graph_at(input, layer.value));
        GraphBuilder builder(*forward);
        const ValueId activation = layer.value;
        const Shape shape = builder.shape(activation);
        const Shape mask_shape =
            shape.rank() == 4 ? Shape{1, 1, 1, shape.channels()} : Shape{1, shape.channels()};
        const ValueId mask = builder.input("mask", mask_shape);
        // d mean(a²)/da = 2a/n is the seed, so the objective itself needs no nodes.
        TRY(const ValueId masked,
            builder.add_one(make_mul(), {activation, mask}, "masked " + layer.name));
        const auto count = static_cast<float>(shape.elements());
        TRY(const ValueId seed,
            builder.add_one(make_scale(2.0f / count), {masked}, "seed of " + layer.name));
        const ValueId outputs[] = {activation}, seeds[] = {seed}, wanted[] = {model.input};
        TRY(auto cotangents, build_vjp(builder, outputs, seeds, wanted));
        if (!cotangents.contains(model.input)) {
          return fail(ErrorCode::kUnsupported,
                      layer.name + " does not depend on the picture; choose another layer");
        }
        const ValueId gradient = cotangents.at(model.input);
        return ProgramSpec{std::make_shared<const Graph>(std::move(builder).build()),
                           {model.input, mask},
                           {gradient, activation}};
      });
}

}  // namespace convscope
