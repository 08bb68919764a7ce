// Programs that methods share: the backward one, from the picture and a seed on some value of the
// network to the picture's gradient, and forward ones to a layer and to the answers.
#pragma once

#include "graph/vjp.h"
#include "method/method.h"
#include "model/model.h"
#include "runtime/session.h"

namespace convscope {

// d<seed, value>/d(input) with the rules. Feeds: input, seed (shape of the value). Outputs: the
// input's cotangent, the value. `rules_name` distinguishes programs of different rules in the
// session's cache.
Result<Program*> value_gradient_program(const Model& model, Session& session, ValueId value,
                                        const Shape& input, const std::string& rules_name,
                                        const VjpRules& rules);
// The same of the logits.
Result<Program*> logit_gradient_program(const Model& model, Session& session, const Shape& input,
                                        const std::string& rules_name, const VjpRules& rules);

// The layer of an input of that shape.
Result<Program*> activation_program(const MethodContext& context, const ModelLayer& layer,
                                    const Shape& input);
// Outputs: logits, probabilities of an input of the context's shape.
Result<Program*> answers_program(const MethodContext& context);

// 1 at `index`, 0 elsewhere.
Result<Tensor> one_hot(const Shape& shape, int64_t index);

// The gradient of one class's logit at any input of the network's size.
class LogitGradient {
 public:
  static Result<LogitGradient> of(const MethodContext& context, int32_t target);
  // (1, H, W, C), dense; valid until the next call.
  Result<TensorView> at(const Tensor& input);
  // The logit at that input.
  double score() const { return score_; }

 private:
  LogitGradient(Session& session, Program* program, Tensor seed, int32_t target)
      : session_(&session), program_(program), seed_(std::move(seed)), target_(target) {}
  Session* session_;
  Program* program_;
  Tensor seed_;
  int32_t target_;
  double score_ = 0;
};

// One class's logit at any input, by the forward pass alone.
class Score {
 public:
  static Result<Score> of(const MethodContext& context, int32_t target);
  Result<double> at(const Tensor& input);

 private:
  Score(Session& session, Program* program, int32_t target)
      : session_(&session), program_(program), target_(target) {}
  Session* session_;
  Program* program_;
  int32_t target_;
};

}  // namespace convscope
