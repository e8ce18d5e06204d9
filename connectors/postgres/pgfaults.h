// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::postgres {

/// Where a connect stood when it ended. The words are the fault's stage.
enum class ConnectStage : std::uint8_t { Tcp, Tls, Protocol, Auth, Session };
[[nodiscard]] std::string_view toString(ConnectStage stage);

/// What libpq said about a connect that failed. `message` is verbose: "FATAL:  28P01: password authentication failed ...\nLOCATION: ...".
/// The SQLSTATE decides where there is one, since the server speaks its own language; else the stage does.
[[nodiscard]] Fault connectFault(ConnectStage stage, std::string_view message, std::string_view address);
/// The connect's deadline passed in this stage.
[[nodiscard]] Fault connectTimeout(ConnectStage stage, std::string_view address);
/// A statement that failed. `isConnectionLost` when the session went with it.
[[nodiscard]] Fault queryFault(std::string_view sqlState, std::string_view message, bool isConnectionLost);

/// The five characters in "FATAL:  28P01: text", or "".
[[nodiscard]] std::string_view sqlStateOf(std::string_view verboseMessage);

} // namespace muster::postgres
