#include <pthreadpool.h>

#include <algorithm>

#include "kernels/kernel.h"

namespace convscope {

std::unique_ptr<ThreadPool> ThreadPool::create(int threads) {
  pthreadpool_t handle = threads > 1 ? pthreadpool_create(static_cast<size_t>(threads)) : nullptr;
  // A build without threads gives no pool whatever is asked for; what really runs is what is
  // reported.
  const int running =
      handle == nullptr ? 1 : static_cast<int>(pthreadpool_get_threads_count(handle));
  return std::unique_ptr<ThreadPool>(new ThreadPool(handle, running));
}

ThreadPool::~ThreadPool() {
  if (handle_ != nullptr) pthreadpool_destroy(handle_);
}

Result<float*> ThreadPool::scratch(int64_t floats) {
  if (scratch_bytes() < floats * 4) {
    scratch_ = nullptr;  // freed first: both need not fit at once
    TRY(scratch_, Buffer::allocate(floats * 4));
  }
  return reinterpret_cast<float*>(scratch_->data());
}

void ThreadPool::parallel_for(size_t count, size_t tile, void (*body)(void*, size_t, size_t),
                              void* context) {
  tile = std::max<size_t>(tile, 1);
  if (handle() == nullptr || count <= tile) {
    for (size_t begin = 0; begin < count; begin += tile)
      body(context, begin, std::min(begin + tile, count));
    return;
  }
  struct Call {
    void (*body)(void*, size_t, size_t);
    void* context;
  } call{body, context};
  pthreadpool_parallelize_1d_tile_1d(
      handle_,
      [](void* raw, size_t begin, size_t size) {
        const auto* c = static_cast<const Call*>(raw);
        c->body(c->context, begin, begin + size);
      },
      &call, count, tile, /*flags=*/0);
}

}  // namespace convscope
