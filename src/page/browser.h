// Browser: the Host that calls JavaScript, and the way of commands to the engine.
#pragma once

#include "protocol/command.h"
#include "ui/host.h"

namespace convscope {

class Browser : public Host {
 public:
  void request(std::string_view verb, std::string_view a, std::string_view b) override;
  void save_file(std::string_view name, std::string_view mime, const Blob& bytes) override;
};

// Encodes and posts; JavaScript copies before it returns.
void send_to_engine(const CommandMessage& message);
void send_mirror(const std::string& json);

}  // namespace convscope
