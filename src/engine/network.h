// Network: one opened model with the current picture, and what has been computed of the two.
#pragma once

#include <memory>
#include <string>

#include "image/image.h"
#include "method/method.h"
#include "model/model.h"
#include "runtime/session.h"

namespace convscope {

class Network {
 public:
  Network(Model model, ThreadPool* pool);

  const Model& model() const { return model_; }
  void set_pool(ThreadPool* pool);

  // `exact`: the picture already has the network's input size; no resize, no crop.
  Status set_picture(std::shared_ptr<const Image> picture, bool exact);
  bool has_picture() const { return picture_ != nullptr; }
  // Exactly what the network sees, as a picture.
  const Image& seen() const { return seen_; }

  // Runs the network on the picture unless it has; the program's outputs are the layers' values in
  // order, then logits and probabilities.
  Result<Program*> forward();
  int64_t forward_micros() const { return forward_micros_; }
  // Index of the largest probability.
  Result<int32_t> first_answer();

  // The activation of a layer on the picture, dense, 1×H×W×C or 1×C.
  Result<Tensor> activation(const ModelLayer& layer, bool pre_activation);
  // Any other value of the forward graph on the picture.
  Result<Tensor> value(ValueId id);

  // For a method; the untrained copy is made at its first use and kept until another method runs.
  Result<MethodContext> method_context(std::string_view method, bool untrained, uint64_t seed);
  // For where `method` begins and none runs: frees most of what others left to be used again.
  void forget_results_but_of(std::string_view method);
  // Frees the untrained copy, unless a method that is running still has it.
  void forget_untrained() { untrained_ = nullptr; }

 private:
  Model model_;
  ThreadPool* pool_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<Session> untrained_;
  std::shared_ptr<Scratch> scratch_;  // of both
  uint64_t untrained_seed_ = 0;
  std::string untrained_for_, ran_last_;  // methods
  std::shared_ptr<const Image> picture_;
  Image seen_;
  Tensor input_;
  bool forward_done_ = false;
  int64_t forward_micros_ = 0;
};

}  // namespace convscope
