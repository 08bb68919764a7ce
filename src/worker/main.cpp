// The engine module's entry: what the JavaScript of the worker calls, and the one thing it is told.
//
// src/protocol/README.md describes the exchange of messages; web/src/engine_worker.ts is the other
// side.
#include <emscripten.h>

#include <cstdlib>
#include <memory>

#include "engine/engine.h"

#ifdef __EMSCRIPTEN_PTHREADS__
#define CONVSCOPE_THREADS "-threads"
#else
#define CONVSCOPE_THREADS ""
#endif
#ifdef __wasm_relaxed_simd__
#define CONVSCOPE_SIMD "relaxed"
#else
#define CONVSCOPE_SIMD "simd"
#endif

namespace {

struct RawBlob {
  const uint8_t* data;
  uint32_t bytes;
};

// The receiver copies everything before it returns. JavaScript sees addresses above 2 GB as
// negative.
EM_JS(void, convscope_send,
      (const uint8_t* header, uint32_t header_bytes, const RawBlob* blobs, uint32_t blob_count),
      { Module["on_send"](header >>> 0, header_bytes, blobs >>> 0, blob_count); });

std::unique_ptr<convscope::Engine> g_engine;

void send_event(const convscope::EventMessage& message) {
  const convscope::WireMessage wire = encode(message);
  std::vector<RawBlob> blobs;
  for (const convscope::Blob& blob : wire.blobs)
    blobs.push_back({blob.data(), static_cast<uint32_t>(blob.size())});
  convscope_send(wire.header.data(), static_cast<uint32_t>(wire.header.size()), blobs.data(),
                 static_cast<uint32_t>(blobs.size()));
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void* convscope_allocate(uint32_t bytes) {
  return std::malloc(bytes == 0 ? 1 : bytes);
}
EMSCRIPTEN_KEEPALIVE void convscope_free(void* memory) { std::free(memory); }

// Sends EngineReady. `threads` run from the start; there are no workers for more.
EMSCRIPTEN_KEEPALIVE void engine_start(int threads) {
  g_engine =
      std::make_unique<convscope::Engine>(CONVSCOPE_SIMD CONVSCOPE_THREADS, threads, send_event);
  g_engine->start(threads);
}

// Takes ownership of the header, of the array of blobs and of each blob.
EMSCRIPTEN_KEEPALIVE void convscope_receive(uint8_t* header, uint32_t header_bytes, RawBlob* blobs,
                                            uint32_t blob_count) {
  convscope::WireMessage wire;
  wire.header.assign(header, header + header_bytes);
  for (uint32_t i = 0; i < blob_count; ++i)
    wire.blobs.push_back(convscope::Blob::adopt(blobs[i].data, blobs[i].bytes));
  std::free(blobs);
  std::free(header);
  auto command = decode_command(wire);
  if (command) {
    g_engine->post(*std::move(command));
  } else {
    send_event({0, convscope::Failed{"malformed",
                                     {command.error().message,
                                      "页面与计算引擎之间的消息有误，请重新载入页面。"}}});
  }
}

// Works for about `budget_ms`; 1 where more is waiting.
EMSCRIPTEN_KEEPALIVE int engine_step(double budget_ms) {
  return g_engine->step(static_cast<int64_t>(budget_ms * 1000)) ? 1 : 0;
}

}  // extern "C"
