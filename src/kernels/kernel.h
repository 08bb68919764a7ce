// Kernel: the fast float32 form of an operator. Made once per set of weights, configured for any
// shape.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

struct pthreadpool;

namespace convscope {

// Threads shared by all kernels of an engine. Without thread support, or for one thread, everything
// runs on the caller.
class ThreadPool {
 public:
  static std::unique_ptr<ThreadPool> create(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }
  pthreadpool* handle() const { return alone_ ? nullptr : handle_; }  // null: run on the caller
  // Whether the caller does everything itself until told otherwise.
  void set_alone(bool alone) { alone_ = alone; }

  // Memory for what a kernel needs within one run only; the next kernel overwrites it. Fails with
  // out_of_memory.
  Result<float*> scratch(int64_t floats);
  int64_t scratch_bytes() const { return scratch_ == nullptr ? 0 : scratch_->bytes(); }

  // Calls body(context, begin, end) over [0, count) in pieces of at most `tile`, on all threads.
  void parallel_for(size_t count, size_t tile,
                    void (*body)(void* context, size_t begin, size_t end), void* context);
  template <typename Body>
  void for_each_tile(size_t count, size_t tile, Body&& body) {
    parallel_for(
        count, tile,
        [](void* context, size_t begin, size_t end) {
          (*static_cast<std::remove_reference_t<Body>*>(context))(begin, end);
        },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  ThreadPool(pthreadpool* handle, int threads) : handle_(handle), threads_(threads) {}
  pthreadpool* handle_;
  int threads_;
  bool alone_ = false;
  std::shared_ptr<Buffer> scratch_;
};

// What an op knows when it makes its kernel.
struct LoweringContext {
  std::span<const Shape> inputs, outputs;
  // The input's tensor where input i is a parameter, else null. Weights are packed from these.
  std::span<const Tensor* const> parameters;
  // A following ReLU or Clip that the kernel applies on the way out.
  float output_min = -std::numeric_limits<float>::infinity();
  float output_max = std::numeric_limits<float>::infinity();

  bool clamps() const {
    return output_min != -std::numeric_limits<float>::infinity() ||
           output_max != std::numeric_limits<float>::infinity();
  }
};

// A kernel belongs to one engine and runs one call at a time. Views may have a row stride larger
// than their channels where accepts_row_strides() says so; otherwise they are dense.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Takes shapes and addresses of the coming run. Cheap where the shapes are those of the last
  // call. Inputs that were parameters at lowering are given too, and may be ignored.
  virtual Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                           ThreadPool& pool) = 0;
  virtual Status run(ThreadPool& pool) = 0;
  virtual bool accepts_row_strides() const { return false; }
  // Whether the output may have the memory of any input of its shape: each element is read before
  // it is written, and none after.
  virtual bool works_in_place() const { return false; }
  // Bytes of packed weights and workspace that it holds.
  virtual int64_t held_bytes() const { return 0; }
};

// Must be called once before any kernel is made; converts XNNPACK's failure.
Status initialise_kernels();

}  // namespace convscope
