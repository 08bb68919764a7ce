#include "protocol/wire.h"

#include <cstring>
#include <type_traits>
#include <utility>

namespace convscope {
namespace {

template <typename T>
inline constexpr bool kPlain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class Writer {
 public:
  explicit Writer(WireMessage* out) : out_(*out) {}

  template <typename... Fields>
  void operator()(const Fields&... fields) {
    (write(fields), ...);
  }

 private:
  template <typename T>
  void write(const T& value) {
    if constexpr (kPlain<T>) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
      out_.header.insert(out_.header.end(), bytes, bytes + sizeof(T));
    } else {
      T::fields(*this, value);
    }
  }
  void write(const std::string& text) {
    write(static_cast<uint32_t>(text.size()));
    out_.header.insert(out_.header.end(), text.begin(), text.end());
  }
  void write(const Blob& blob) {
    write(static_cast<uint32_t>(out_.blobs.size()));
    out_.blobs.push_back(blob);
  }
  template <typename T>
  void write(const std::vector<T>& items) {
    write(static_cast<uint32_t>(items.size()));
    for (const T& item : items) write(item);
  }
  template <typename T>
  void write(const std::optional<T>& item) {
    write(static_cast<uint8_t>(item.has_value()));
    if (item) write(*item);
  }

  WireMessage& out_;
};

// Reads what Writer wrote. After the first inconsistency `ok` is false and every field is left as
// it is.
class Reader {
 public:
  explicit Reader(const WireMessage& in) : in_(in) {}

  template <typename... Fields>
  void operator()(Fields&... fields) {
    (read(fields), ...);
  }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && position_ == in_.header.size(); }

 private:
  const uint8_t* take(size_t count) {
    if (!ok_ || in_.header.size() - position_ < count) {
      ok_ = false;
      return nullptr;
    }
    const uint8_t* bytes = in_.header.data() + position_;
    position_ += count;
    return bytes;
  }
  template <typename T>
  void read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      // Any other byte than 0 or 1 is not a value of a bool.
      if (const uint8_t* byte = take(1)) {
        if (*byte > 1)
          ok_ = false;
        else
          value = *byte == 1;
      }
    } else if constexpr (kPlain<T>) {
      if (const uint8_t* bytes = take(sizeof(T))) std::memcpy(&value, bytes, sizeof(T));
    } else {
      T::fields(*this, value);
    }
  }
  // A count can never exceed the bytes that are left, since every element takes at least one.
  bool read_count(uint32_t* count) {
    read(*count);
    if (*count > in_.header.size() - position_) ok_ = false;
    return ok_;
  }
  void read(std::string& text) {
    uint32_t count = 0;
    if (!read_count(&count)) return;
    if (const uint8_t* bytes = take(count)) text.assign(bytes, bytes + count);
  }
  void read(Blob& blob) {
    uint32_t index = 0;
    read(index);
    if (index >= in_.blobs.size()) ok_ = false;
    if (ok_) blob = in_.blobs[index];
  }
  template <typename T>
  void read(std::vector<T>& items) {
    uint32_t count = 0;
    if (!read_count(&count)) return;
    items.clear();
    for (uint32_t i = 0; i < count && ok_; ++i) {
      T item{};
      read(item);
      items.push_back(std::move(item));
    }
  }
  template <typename T>
  void read(std::optional<T>& item) {
    bool present = false;
    read(present);
    item.reset();
    if (ok_ && present) read(item.emplace());
  }

  const WireMessage& in_;
  size_t position_ = 0;
  bool ok_ = true;
};

template <typename Message, typename Payload>
WireMessage encode_message(const Message& message, const Payload& payload) {
  WireMessage wire;
  Writer writer(&wire);
  writer(kProtocolVersion, message.request, static_cast<uint8_t>(payload.index()));
  std::visit([&](const auto& alternative) { writer(alternative); }, payload);
  return wire;
}

template <typename Variant, size_t... I>
bool read_alternative(Reader& reader, uint8_t index, Variant& out, std::index_sequence<I...>) {
  return ((index == I ? (reader(out.template emplace<I>()), true) : false) || ...);
}

template <typename Message, typename Variant>
Result<Message> decode_message(const WireMessage& wire, Variant Message::* payload) {
  Message message;
  Reader reader(wire);
  uint32_t version = 0;
  uint8_t index = 0;
  reader(version, message.request, index);
  if (!reader.ok() || version != kProtocolVersion) {
    return fail(ErrorCode::kMalformed,
                "a message between page and engine has another version; reload the page");
  }
  constexpr auto kAlternatives = std::make_index_sequence<std::variant_size_v<Variant>>();
  if (!read_alternative(reader, index, message.*payload, kAlternatives) || !reader.finished()) {
    return fail(ErrorCode::kMalformed,
                "a message between page and engine is damaged; reload the page");
  }
  return message;
}

}  // namespace

WireMessage encode(const CommandMessage& message) {
  return encode_message(message, message.command);
}
WireMessage encode(const EventMessage& message) { return encode_message(message, message.event); }

Result<CommandMessage> decode_command(const WireMessage& wire) {
  return decode_message(wire, &CommandMessage::command);
}
Result<EventMessage> decode_event(const WireMessage& wire) {
  return decode_message(wire, &EventMessage::event);
}

bool is_final(const Event& event) {
  return !std::holds_alternative<EngineReady>(event) &&
         !std::holds_alternative<MethodPreview>(event);
}

}  // namespace convscope
