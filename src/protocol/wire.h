// The one codec between page and engine: a message is a small header plus blobs that are
// transferred whole.
//
// Header: little endian; u32 version, u32 request, u8 alternative, then the fields in order
// (integers and floats as they are, strings and vectors with a u32 count, optionals with a u8, a
// blob as its u32 index).
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "protocol/command.h"
#include "protocol/event.h"

namespace convscope {

inline constexpr uint32_t kProtocolVersion = 1;

struct WireMessage {
  std::vector<uint8_t> header;
  std::vector<Blob> blobs;
};

WireMessage encode(const CommandMessage& message);
WireMessage encode(const EventMessage& message);

// Bounds-checked; `malformed` where the bytes are not a message of this version.
Result<CommandMessage> decode_command(const WireMessage& wire);
Result<EventMessage> decode_event(const WireMessage& wire);

}  // namespace convscope
