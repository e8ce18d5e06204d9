// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/http/verdict.h"

#include <expected>
#include <string>
#include <vector>

namespace muster::http {

/// One harmless malformed GET: reads only, changes nothing, is asked once in five minutes.
struct InputCase {
    std::string title;  ///< "a word where a number belongs"
    std::string target; ///< path and query to ask for
    std::string canary; ///< must not come back as it is in anything a browser could run; "" = not looked for
    bool isMalformed = false; ///< no server can read it (RFC 3986, RFC 9110): must be refused; the others may be ignored where they mean nothing
};
/// The fixed list, made for one path ("/items", a query may be in it).
[[nodiscard]] std::vector<InputCase> inputCases(const std::string &path);

struct InputAnswer {
    InputCase input;
    std::expected<Response, Fault> answer;
};
/// 4xx is good, and so is 2xx/3xx without reflection where the parameter may mean nothing to the server; 5xx, a closed connection, a raw
/// reflection, or an answer other than 4xx to what is malformed for every server is bad.
[[nodiscard]] Verdict judgeInputs(const std::vector<InputAnswer> &answers);

} // namespace muster::http
