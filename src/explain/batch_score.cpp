#include "explain/batch_score.h"

#include <algorithm>

namespace convscope {

BatchScore::BatchScore(Session& session, Program* program, Tensor feed, int32_t target)
    : session_(&session),
      program_(program),
      feed_(std::move(feed)),
      target_(target),
      at_once_(feed_.shape()[0]),
      logits_(static_cast<size_t>(at_once_)),
      probabilities_(static_cast<size_t>(at_once_)) {}

Result<BatchScore> BatchScore::make(const MethodContext& context, ValueId from, int32_t target,
                                    int64_t at_once) {
  const Model& model = context.model;
  Shape input = context.input.shape();
  input.set(0, at_once);
  TRY(Program * program,
      context.session.program(
          "scores from " + std::to_string(from.index) + " " + input.text(),
          [&]() -> Result<ProgramSpec> {
            TRY(auto graph, context.session.graph_at(input, model.probabilities));
            if (graph->shape(model.logits)[0] != at_once)
              return fail(ErrorCode::kUnsupported, "the network takes one picture at a time");
            return ProgramSpec{graph, {from}, {model.logits, model.probabilities}};
          }));
  TRY(Tensor feed, Tensor::zeros(program->graph().shape(from)));
  return BatchScore(context.session, program, std::move(feed), target);
}

Result<BatchScore> BatchScore::of_pictures(const MethodContext& context, int32_t target,
                                           int64_t at_once) {
  if (auto several = make(context, context.model.input, target, at_once)) return several;
  return make(context, context.model.input, target, 1);
}

Result<BatchScore> BatchScore::of_layer(const MethodContext& context, const ModelLayer& layer,
                                        int32_t target, int64_t at_once) {
  if (auto several = make(context, layer.value, target, at_once)) return several;
  auto one = make(context, layer.value, target, 1);
  if (one) return one;
  return fail(ErrorCode::kUnsupported,
              "the class scores do not follow from " + layer.name +
                  " alone, since other paths go round it; choose the output of a block (" +
                  one.error().message + ")");
}

std::span<float> BatchScore::slot(int64_t i) {
  CHECK(i >= 0 && i < at_once_);
  const size_t each = feed_.values().size() / static_cast<size_t>(at_once_);
  return feed_.values().subspan(static_cast<size_t>(i) * each, each);
}

Status BatchScore::run(int64_t count) {
  CHECK(count > 0 && count <= at_once_);
  const Tensor feeds[] = {feed_};
  TRY_STATUS(session_->run(*program_, feeds));
  const TensorView logits = program_->view(program_->output(0)),
                   probabilities = program_->view(program_->output(1));
  for (int64_t i = 0; i < count; ++i) {
    logits_[static_cast<size_t>(i)] = logits.data[i * logits.row_stride + target_];
    probabilities_[static_cast<size_t>(i)] =
        probabilities.data[i * probabilities.row_stride + target_];
  }
  return {};
}

}  // namespace convscope
