// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/inputcheck.h"

namespace muster::http {

namespace {

constexpr std::size_t kLongQuery = 4096;

bool isReflected(const InputCase &input, const Response &response)
{
    const auto type = lowered(response.headers.first("Content-Type"));
    const bool isData = type.starts_with("application/json") || type.contains("+json");
    return !input.canary.empty() && !isData && response.body.contains(input.canary);
}

std::string faultOf(const InputAnswer &answer)
{
    if (!answer.answer)
        return answer.answer.error().kind == FaultKind::Unavailable ? "closes the connection" : "";
    if (answer.answer->status >= 500)
        return "is answered with " + std::to_string(answer.answer->status);
    if (answer.input.isMalformed && answer.answer->status < 400)
        return "is answered with " + std::to_string(answer.answer->status) + " instead of 4xx";
    return isReflected(answer.input, *answer.answer) ? "comes back unescaped in the answer" : "";
}

} // namespace

std::vector<InputCase> inputCases(const std::string &path)
{
    const std::string query = path.contains('?') ? "&" : "?";
    const std::string bare = path.substr(0, path.find('?'));
    return {
        {"a word where a number belongs", path + query + "limit=abc", {}, false},
        {"a negative number", path + query + "limit=-1", {}, false},
        {"a number over 64 bits", path + query + "limit=99999999999999999999", {}, false},
        {"bytes that are no UTF-8", path + query + "q=%FF%FE", {}, false},
        {"a lone quote", path + query + "q=%27", {}, false},
        {"markup", path + query + "q=%3Cmuster-probe%3E", "<muster-probe>", false},
        {"a NUL byte in the path", bare + "/%00", {}, true},
        {"a broken escape in the path", bare + "/%zz", {}, true},
        {"a query of 4 KiB", path + query + "q=" + std::string(kLongQuery, 'a'), {}, false},
    };
}

Verdict judgeInputs(const std::vector<InputAnswer> &answers)
{
    std::string bad;
    std::size_t judged = 0;
    std::size_t refused = 0;
    for (const auto &answer : answers) {
        const auto fault = faultOf(answer);
        refused += answer.answer && answer.answer->status >= 400 && answer.answer->status < 500 ? 1U : 0U;
        judged += answer.answer || !fault.empty() ? 1U : 0U;
        if (!fault.empty())
            bad += (bad.empty() ? "" : "; ") + answer.input.title + " " + fault;
    }
    if (!bad.empty())
        return Verdict::bad(bad);
    if (judged < answers.size() || answers.empty())
        return Verdict::unknown(std::to_string(answers.size() - judged) + " of " + std::to_string(answers.size()) + " malformed requests got no answer");
    return Verdict::good(std::to_string(refused) + " of " + std::to_string(judged) + " malformed requests were refused with 4xx, the others answered harmlessly");
}

} // namespace muster::http
