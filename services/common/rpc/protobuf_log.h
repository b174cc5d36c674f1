#pragma once

namespace readcount {

// From now on what protobuf has to say goes to the log as `protobuf_message text=…`, one line a minute at
// most, not to standard error: each message with text that is no UTF-8 makes it complain, and anyone can send
// those. To be called once, before messages are read.
void SendProtobufToLog();

}  // namespace readcount
