#include "train/trainer.h"

#include <algorithm>

#include "graph/vjp.h"

namespace convscope {
namespace {

struct Backward {
  Graph graph;
  ValueId seed;
  std::vector<ValueId> gradients;  // by weight; invalid where the loss does not depend on it
};

Result<Backward> differentiate(const Graph& graph, ValueId loss, std::span<const ValueId> weights) {
  GraphBuilder builder(graph);
  Backward out;
  out.seed = builder.input("d(" + graph.value(loss).name + ")", graph.shape(loss));
  TRY(const auto cotangents, build_vjp(builder, std::array{loss}, std::array{out.seed}, weights));
  for (ValueId weight : weights) {
    const auto found = cotangents.find(weight);
    out.gradients.push_back(found == cotangents.end() ? ValueId() : found->second);
  }
  out.graph = std::move(builder).build();
  return out;
}

std::vector<ValueId> all_parameters(const Graph& graph) {
  std::vector<ValueId> out;
  for (size_t i = 0; i < graph.values().size(); ++i) {
    if (graph.values()[i].kind == ValueKind::kParameter)
      out.push_back(ValueId(static_cast<int32_t>(i)));
  }
  return out;
}

Status check_task(const TrainingTask& task) {
  const Graph& graph = task.graph;
  if (graph.shape(task.loss).elements() != 1) {
    return fail(ErrorCode::kInvalidArgument, "a loss is one number; got " +
                                                 graph.value(task.loss).name + " of shape " +
                                                 graph.shape(task.loss).text());
  }
  for (ValueId id : task.weights) {
    if (graph.value(id).kind != ValueKind::kParameter)
      return fail(ErrorCode::kInvalidArgument,
                  graph.value(id).name + " cannot learn: it is no parameter");
  }
  for (const RunningStatistics& s : task.statistics) {
    for (ValueId id : {s.mean, s.variance}) {
      const bool fits = graph.value(id).kind == ValueKind::kParameter &&
                        graph.shape(id) == Shape{graph.shape(s.x).channels()};
      if (!fits) {
        return fail(ErrorCode::kInvalidArgument,
                    "running statistics want a parameter with one value for each channel; got " +
                        graph.value(id).name);
      }
    }
  }
  return {};
}

// The weights that the task names, or all parameters that have a gradient.
Result<std::vector<ValueId>> choose_weights(const TrainingTask& task) {
  const bool named = !task.weights.empty();
  const std::vector<ValueId> asked = named ? task.weights : all_parameters(task.graph);
  TRY(const Backward backward, differentiate(task.graph, task.loss, asked));
  std::vector<ValueId> out;
  for (size_t i = 0; i < asked.size(); ++i) {
    if (backward.gradients[i].valid()) {
      out.push_back(asked[i]);
    } else if (named) {
      return fail(ErrorCode::kInvalidArgument, task.graph.value(asked[i]).name +
                                                   " cannot learn: it has no influence on " +
                                                   task.graph.value(task.loss).name);
    }
  }
  if (out.empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        "nothing can learn: no parameter has an influence on " + task.graph.value(task.loss).name);
  }
  return out;
}

// running ← (1 − momentum) · running + momentum · factor · batch.
void move_average(const Tensor& running, const Tensor& batch, double momentum, double factor) {
  for (int64_t c = 0; c < running.shape().elements(); ++c) {
    float& value = running.data()[c];
    value = static_cast<float>((1 - momentum) * static_cast<double>(value) +
                               momentum * factor * static_cast<double>(batch.data()[c]));
  }
}

}  // namespace

// What the optimizer sees: the loss of one batch.
class Trainer::Batch final : public Objective {
 public:
  Batch(Trainer& trainer, std::span<const Tensor> feeds) : trainer_(trainer), feeds_(feeds) {}

  Result<Evaluation> evaluate() override {
    // Optimizers move weights between evaluations alone; before the first nothing has moved.
    const bool first = evaluations_++ == 0;
    if (!first) trainer_.session_.parameters_changed(trainer_.changing_);
    TRY(Program* const program, trainer_.run(feeds_, /*backward=*/true));
    Evaluation out;
    out.loss = static_cast<double>(*program->view(trainer_.loss_).data);
    size_t next = 1;
    for (size_t i = 0; i < trainer_.weights_.size(); ++i) {
      TRY(out.gradients.emplace_back(), program->copy(program->output(next++)));
    }
    // Line searches look ahead, but only where the weights stood counts.
    if (!first) return out;
    for (const RunningStatistics& s : trainer_.statistics_) {
      TRY(Tensor mean, program->copy(s.batch.mean));
      TRY(Tensor variance, program->copy(s.batch.variance));
      seen_.push_back({std::move(mean), std::move(variance), program->graph().shape(s.x).rows()});
    }
    return out;
  }

  void average() const {
    for (size_t i = 0; i < seen_.size(); ++i) {
      const RunningStatistics& s = trainer_.statistics_[i];
      const auto count = static_cast<double>(seen_[i].count);
      move_average(trainer_.parameter(s.mean), seen_[i].mean, s.momentum, 1);
      move_average(trainer_.parameter(s.variance), seen_[i].variance, s.momentum,
                   count > 1 ? count / (count - 1) : 1);
    }
  }

 private:
  struct Seen {
    Tensor mean, variance;
    int64_t count = 0;
  };
  Trainer& trainer_;
  const std::span<const Tensor> feeds_;
  int evaluations_ = 0;
  std::vector<Seen> seen_;  // by statistics
};

Result<std::unique_ptr<Trainer>> Trainer::create(TrainingTask task,
                                                 std::unique_ptr<Optimizer> optimizer,
                                                 ThreadPool* pool) {
  TRY_STATUS(check_task(task));
  TRY(std::vector<ValueId> weights, choose_weights(task));
  std::vector<ValueId> changing = weights;
  for (const RunningStatistics& s : task.statistics) {
    changing.push_back(s.mean);
    changing.push_back(s.variance);
  }
  std::vector<int32_t> indices;
  for (ValueId id : changing) {
    indices.push_back(task.graph.value(id).parameter);
    Tensor& tensor = task.parameters[static_cast<size_t>(indices.back())];
    TRY(tensor, tensor.clone());
  }
  TRY(Tensor seed, Tensor::from(task.graph.shape(task.loss), std::array{1.0f}));
  return std::unique_ptr<Trainer>(new Trainer(std::move(task), std::move(weights),
                                              std::move(indices), std::move(optimizer),
                                              std::move(seed), pool));
}

Trainer::Trainer(TrainingTask task, std::vector<ValueId> weights, std::vector<int32_t> changing,
                 std::unique_ptr<Optimizer> optimizer, Tensor seed, ThreadPool* pool)
    : loss_(task.loss),
      weights_(std::move(weights)),
      statistics_(std::move(task.statistics)),
      changing_(std::move(changing)),
      optimizer_(std::move(optimizer)),
      seed_(std::move(seed)),
      session_(std::move(task.graph), std::move(task.parameters), pool) {
  for (ValueId id : weights_) weight_tensors_.push_back(parameter(id));
}

const Tensor& Trainer::parameter(ValueId id) const {
  return session_.parameters()[static_cast<size_t>(session_.graph()->value(id).parameter)];
}

Result<ProgramSpec> Trainer::spec_for(std::span<const Shape> shapes, bool backward) const {
  TRY(Graph graph, session_.graph()->with_input_shapes(shapes));
  std::vector<ValueId> feeds = graph.inputs(), outputs{loss_};
  if (backward) {
    TRY(Backward differentiated, differentiate(graph, loss_, weights_));
    feeds.push_back(differentiated.seed);
    outputs.insert(outputs.end(), differentiated.gradients.begin(), differentiated.gradients.end());
    for (const RunningStatistics& s : statistics_) {
      outputs.push_back(s.batch.mean);
      outputs.push_back(s.batch.variance);
    }
    graph = std::move(differentiated.graph);
  }
  return ProgramSpec{std::make_shared<const Graph>(std::move(graph)), std::move(feeds),
                     std::move(outputs)};
}

Result<Program*> Trainer::run(std::span<const Tensor> feeds, bool backward) {
  const size_t wanted = session_.graph()->inputs().size();
  if (feeds.size() != wanted) {
    return fail(ErrorCode::kInvalidArgument, "a batch wants " + std::to_string(wanted) +
                                                 " tensors, one for each input; got " +
                                                 std::to_string(feeds.size()));
  }
  std::string key = backward ? "train" : "loss";
  std::vector<Shape> shapes;
  for (const Tensor& feed : feeds) {
    shapes.push_back(feed.shape());
    key += " " + feed.shape().text();
  }
  TRY(Program* const program, session_.program(key, [&] { return spec_for(shapes, backward); }));
  std::vector<Tensor> given(feeds.begin(), feeds.end());
  if (backward) given.push_back(seed_);
  TRY_STATUS(session_.run(*program, given));
  return program;
}

Result<double> Trainer::step(std::span<const Tensor> feeds) {
  Batch batch(*this, feeds);
  auto loss = optimizer_->step(weight_tensors_, batch);
  if (loss) {
    batch.average();
    ++steps_;
  }
  session_.parameters_changed(changing_);
  return loss;
}

Result<double> Trainer::loss(std::span<const Tensor> feeds) {
  TRY(Program* const program, run(feeds, /*backward=*/false));
  return static_cast<double>(*program->view(loss_).data);
}

Result<std::vector<Tensor>> Trainer::gradients(std::span<const Tensor> feeds) {
  TRY(Evaluation now, Batch(*this, feeds).evaluate());
  return std::move(now.gradients);
}

}  // namespace convscope
