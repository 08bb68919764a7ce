// Optimizer: how weights move, given a loss and its gradients. One paper in one file; the
// arithmetic and the names of the options are those of torch.optim, so that recipes carry over.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace convscope {

// What an optimizer asks: the loss where the weights stand now, and its gradients there.
struct Evaluation {
  double loss = 0;
  std::vector<Tensor> gradients;  // dense, one for each weight, of its shape
};
class Objective {
 public:
  virtual ~Objective() = default;
  virtual Result<Evaluation> evaluate() = 0;
};

// Keeps state (velocities, moments, a history) between steps, so that every step of one optimizer
// must be given the same weights in the same order.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Moves the weights, in place, by one step. Returns the loss before it. Fails, with the weights
  // where they were, where that loss is no number, and with whatever the objective fails with.
  virtual Result<double> step(std::span<const Tensor> weights, Objective& objective) = 0;
  // For schedules; what a step of the first-order methods is multiplied by.
  virtual void set_learning_rate(double rate) = 0;
};

// Stochastic gradient descent, with momentum where it is not 0:
//   g ← ∇ + weight_decay · w     v ← momentum · v + (1 − dampening) · g (at first v = g)
//   w ← w − learning_rate · v,  or with Nesterov's look ahead · (g + momentum · v)
// Polyak 1964, USSR Computational Mathematics 4(5); Nesterov 1983, Soviet Mathematics Doklady 27;
// Sutskever, Martens, Dahl & Hinton 2013 (ICML). The rate stands outside the velocity, unlike
// there.
struct SgdOptions {
  double learning_rate = 0.01, momentum = 0, dampening = 0, weight_decay = 0;
  bool nesterov = false;
};
Result<std::unique_ptr<Optimizer>> make_sgd(const SgdOptions& options);

// Adam: each weight's own step, from running means m of gradients and v of their squares:
//   m ← beta1 · m + (1 − beta1) · g     v ← beta2 · v + (1 − beta2) · g²
//   w ← w − learning_rate · m̂ / (√v̂ + epsilon),  m̂ = m / (1 − beta1ᵗ), v̂ = v / (1 − beta2ᵗ)
// Kingma & Ba, arXiv:1412.6980, algorithm 1. Weight decay is part of g, or, `decoupled`, shrinks
// the weights by themselves: AdamW, Loshchilov & Hutter, arXiv:1711.05101.
struct AdamOptions {
  double learning_rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = false;
};
Result<std::unique_ptr<Optimizer>> make_adam(const AdamOptions& options);

// L-BFGS: Newton's method with a curvature remembered from the last `history` steps.
// Nocedal & Wright, "Numerical Optimization" (2nd ed.): two-loop recursion, algorithm 7.4; strong
// Wolfe line search, algorithms 3.5 and 3.6, with the cubic interpolation and the safeguards of
// Schmidt's minFunc. One step is one iteration and evaluates the objective about two times. Every
// step wants the same batch: it compares gradients between steps.
// `learning_rate` is the first length that the line search tries (of the very first step, divided
// by the sum of the gradient's magnitudes, if that is larger than 1).
struct LbfgsOptions {
  double learning_rate = 1;
  int history = 10;  // from 1 to 1000; two copies of all weights are held for each
};
Result<std::unique_ptr<Optimizer>> make_lbfgs(const LbfgsOptions& options);

}  // namespace convscope
