// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/selectors.h"

#include <algorithm>
#include <array>

namespace muster::prometheus {

namespace {

constexpr std::size_t kMetrics = 50;
constexpr std::size_t kName = 200;
constexpr std::array<std::string_view, 6> kLists{"by", "without", "on", "ignoring", "group_left", "group_right"}; // a list of labels may follow
constexpr std::array<std::string_view, 24> kWords{"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "sum", "avg", "count", "min",
                                                  "max", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio", "start", "end"};
constexpr std::array<std::string_view, 2> kAbsent{"absent", "absent_over_time"};

template<std::size_t N>
bool isOneOf(const std::array<std::string_view, N> &words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

std::string lowered(std::string_view word)
{
    std::string text(word);
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

/// sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / on (job) up > 0.1
/// absent(up{job="shop"}) or {__name__="node_load1"} offset 5m
class SelectorReader {
public:
    explicit SelectorReader(std::string_view text) : m_text(text) {}
    Needs read();

private:
    std::string_view m_text;
    std::size_t m_at = 0;
    Needs m_needs;

    [[nodiscard]] bool isOver() const { return m_at >= m_text.size(); }
    void skipSpace()
    {
        while (!isOver() && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n' || m_text[m_at] == '\r'))
            ++m_at;
    }
    void skipTo(char c) { m_at = std::min(m_text.find(c, m_at), m_text.size() - 1) + 1; }
    std::string_view quoted();
    std::string_view word();
    void skipList();
    void readMatchers();
    void readWord();
    void need(std::string_view metric);
};

/// At a quote; to behind its end. What is between, with its escapes.
std::string_view SelectorReader::quoted()
{
    const char quote = m_text[m_at];
    const auto begin = ++m_at;
    while (!isOver() && m_text[m_at] != quote)
        m_at += m_text[m_at] == '\\' && quote != '`' ? 2 : 1;
    const auto end = std::min(m_at, m_text.size());
    m_at = end + 1;
    return m_text.substr(begin, end - begin);
}

std::string_view SelectorReader::word()
{
    const auto begin = m_at;
    while (!isOver() && (isLetter(m_text[m_at]) || isDigit(m_text[m_at])))
        ++m_at;
    return m_text.substr(begin, m_at - begin);
}

/// Parentheses with all that is in them, if they come next.
void SelectorReader::skipList()
{
    skipSpace();
    if (isOver() || m_text[m_at] != '(')
        return;
    std::size_t depth = 0;
    while (!isOver()) {
        const char c = m_text[m_at];
        if (c == '"' || c == '\'' || c == '`') {
            quoted();
            continue;
        }
        ++m_at;
        depth += c == '(' ? 1 : 0;
        if (c == ')' && --depth == 0)
            return;
    }
}

void SelectorReader::readMatchers()
{
    ++m_at;
    std::string_view label;
    bool isEqual = false;
    while (!isOver() && m_text[m_at] != '}') {
        const char c = m_text[m_at];
        if (isLetter(c)) {
            label = word();
        } else if (c == '"' || c == '\'' || c == '`') {
            const auto value = quoted();
            if (label == "__name__" && isEqual)
                need(value);
        } else {
            isEqual = c == '=' && m_text.substr(m_at, 2) != "=~" && (m_at == 0 || m_text[m_at - 1] != '!');
            ++m_at;
        }
    }
    ++m_at;
}

void SelectorReader::need(std::string_view metric)
{
    const bool isPlain = !metric.empty() && metric.size() <= kName && isLetter(metric.front()) && std::ranges::all_of(metric, [](char c) { return isLetter(c) || isDigit(c); });
    if (!isPlain || metric == "ALERTS" || metric == "ALERTS_FOR_STATE" || m_needs.metrics.size() >= kMetrics)
        return;
    if (std::ranges::find(m_needs.metrics, metric) == m_needs.metrics.end())
        m_needs.metrics.emplace_back(metric);
}

void SelectorReader::readWord()
{
    const auto name = word();
    const auto small = lowered(name);
    m_needs.isOneEnough = m_needs.isOneEnough || small == "or" || small == "unless";
    if (isOneOf(kLists, std::string_view(small)) || isOneOf(kAbsent, std::string_view(small)))
        return skipList();
    skipSpace();
    const bool isCalled = !isOver() && m_text[m_at] == '(';
    if (!isCalled && !isOneOf(kWords, std::string_view(small)))
        need(name);
}

Needs SelectorReader::read()
{
    while (!isOver()) {
        const char c = m_text[m_at];
        if (isLetter(c))
            readWord();
        else if (isDigit(c))
            word(); // 5m, 0x1f, 1e3
        else if (c == '"' || c == '\'' || c == '`')
            quoted();
        else if (c == '{')
            readMatchers();
        else if (c == '[')
            skipTo(']');
        else if (c == '#')
            skipTo('\n');
        else
            ++m_at;
    }
    return std::move(m_needs);
}

} // namespace

Needs needsOf(std::string_view promql)
{
    return SelectorReader(promql).read();
}

} // namespace muster::prometheus
