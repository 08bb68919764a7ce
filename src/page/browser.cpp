#include "page/browser.h"

#include <emscripten.h>

#include <vector>

#include "protocol/wire.h"

namespace {

struct WireBlob {
  const void* data;
  uint32_t bytes;
};

// Four callbacks that the page's TypeScript puts on the module's options.
EM_JS(void, convscope_send,
      (const void* header, uint32_t header_bytes, const WireBlob* blobs, uint32_t blob_count),
      { Module["on_send"](header, header_bytes, blobs, blob_count); });
EM_JS(void, host_request, (const char* verb, const char* a, const char* b),
      { Module["on_request"](UTF8ToString(verb), UTF8ToString(a), UTF8ToString(b)); });
EM_JS(void, host_file, (const char* name, const char* mime, const void* data, uint32_t bytes),
      { Module["on_file"](UTF8ToString(name), UTF8ToString(mime), data, bytes); });
EM_JS(void, host_mirror, (const char* json), { Module["on_mirror"](UTF8ToString(json)); });

}  // namespace

namespace convscope {

void Browser::request(std::string_view verb, std::string_view a, std::string_view b) {
  host_request(std::string(verb).c_str(), std::string(a).c_str(), std::string(b).c_str());
}

void Browser::save_file(std::string_view name, std::string_view mime, const Blob& bytes) {
  host_file(std::string(name).c_str(), std::string(mime).c_str(), bytes.data(),
            static_cast<uint32_t>(bytes.size()));
}

void send_to_engine(const CommandMessage& message) {
  const WireMessage wire = encode(message);
  std::vector<WireBlob> blobs;
  for (const Blob& blob : wire.blobs)
    blobs.push_back({blob.data(), static_cast<uint32_t>(blob.size())});
  convscope_send(wire.header.data(), static_cast<uint32_t>(wire.header.size()), blobs.data(),
                 static_cast<uint32_t>(blobs.size()));
}

void send_mirror(const std::string& json) { host_mirror(json.c_str()); }

}  // namespace convscope
