// Runs an operator's fast kernel the way a plan does, with gaps between rows and several
// configurations of one kernel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "kernels/kernel.h"
#include "ops/ops.h"

namespace convscope::testing {

struct KernelCase {
  OpPtr op;
  std::vector<Shape> inputs;
  std::vector<int> parameters;  // inputs that are constant at lowering
  Domain domain = Domain::kReal;
};

// A kernel with the constants it was lowered from.
class KernelRunner {
 public:
  // `clamp` as a plan would fuse it.
  static Result<KernelRunner> make(const KernelCase& test, std::optional<ClampRange> clamp,
                                   Rng& rng);

  // Fills fresh inputs, runs the kernel on `pool` and on the reference, and describes the first
  // difference; empty where they agree. `gap` elements stand between rows of every view.
  // `quantised` draws few distinct values, so that maxima tie.
  Result<std::string> compare(const KernelCase& test, int64_t gap, bool quantised, ThreadPool& pool,
                              Rng& rng);

 private:
  std::optional<ClampRange> clamp_;
  std::vector<Tensor> constants_;  // by input; empty where the input is not constant
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace convscope::testing
