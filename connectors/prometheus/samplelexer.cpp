// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/samplelexer.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster::prometheus {

namespace {

constexpr std::size_t kLabels = 256;

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Go and OpenMetrics take NaN and Inf in any case; hex floats and underscores are taken by neither.
std::optional<double> parseFloat(std::string_view text)
{
    const auto lower = http::lowered(text);
    if (lower == "nan")
        return std::numeric_limits<double>::quiet_NaN();
    if (lower == "inf" || lower == "+inf" || lower == "infinity" || lower == "+infinity")
        return std::numeric_limits<double>::infinity();
    if (lower == "-inf" || lower == "-infinity")
        return -std::numeric_limits<double>::infinity();
    return http::parseNumber(text);
}

/// A position in one line; the first failure stays.
class Cursor {
public:
    Cursor(std::string_view line, Format format) : m_line(line), m_isText(format == Format::Text) {}

    [[nodiscard]] bool sample(SampleText &out);
    [[nodiscard]] Problem problem() const { return {0, m_at + 1, m_words}; }

private:
    std::string_view m_line;
    bool m_isText;
    std::size_t m_at = 0;
    std::string m_words;

    bool fail(std::string words)
    {
        m_words = std::move(words);
        return false;
    }
    [[nodiscard]] char peek() const { return m_at < m_line.size() ? m_line[m_at] : '\0'; }
    [[nodiscard]] bool isAtEnd() const { return m_at >= m_line.size(); }
    bool take(char c)
    {
        if (isAtEnd() || m_line[m_at] != c)
            return false;
        ++m_at;
        return true;
    }
    void skipBlanks()
    {
        while (m_isText && (peek() == ' ' || peek() == '\t') && !isAtEnd())
            ++m_at;
    }
    /// One space (OpenMetrics), or any blanks (Text).
    bool gap(const char *before)
    {
        const auto begin = m_at;
        if (m_isText)
            skipBlanks();
        else
            take(' ');
        return m_at > begin || fail(std::string("expected a space before ") + before);
    }
    [[nodiscard]] std::string_view word();
    bool metricName(std::string &out);
    bool quoted(std::string &out);
    bool labelName(std::string &out);
    bool labels(LabelPairs &out, std::string *quotedName);
    bool label(LabelPairs &out, std::string *quotedName);
    bool number(double &out, const char *what);
    bool timestamp(std::optional<double> &out);
    bool exemplar(SampleText &out);
};

std::string_view Cursor::word()
{
    const auto begin = m_at;
    while (!isAtEnd() && peek() != ' ' && peek() != '\t')
        ++m_at;
    return m_line.substr(begin, m_at - begin);
}

bool Cursor::metricName(std::string &out)
{
    const auto begin = m_at;
    while (!isAtEnd() && (isLetter(peek()) || peek() == ':' || (m_at > begin && isDigit(peek()))))
        ++m_at;
    out = m_line.substr(begin, m_at - begin);
    return !out.empty() || fail("expected a metric name");
}

bool Cursor::quoted(std::string &out)
{
    if (!take('"'))
        return fail("expected a quoted text");
    out.clear();
    for (; !isAtEnd(); ++m_at) {
        const char c = m_line[m_at];
        if (c == '"') {
            ++m_at;
            return true;
        }
        const char next = m_at + 1 < m_line.size() ? m_line[m_at + 1] : '\0';
        if (c == '\\' && (next == '\\' || next == '"' || next == 'n')) {
            out += next == 'n' ? '\n' : next;
            ++m_at;
        } else {
            out += c;
        }
    }
    return fail("the quoted text does not end");
}

bool Cursor::labelName(std::string &out)
{
    const auto begin = m_at;
    while (!isAtEnd() && (isLetter(peek()) || (m_at > begin && isDigit(peek()))))
        ++m_at;
    out = m_line.substr(begin, m_at - begin);
    return !out.empty() || fail("expected a label name");
}

bool Cursor::label(LabelPairs &out, std::string *quotedName)
{
    std::string name;
    const bool isQuoted = m_isText && peek() == '"';
    if (!(isQuoted ? quoted(name) : labelName(name)))
        return false;
    skipBlanks();
    if (isQuoted && quotedName && quotedName->empty() && peek() != '=') {
        *quotedName = name; // {"my.metric", a="b"}
        return true;
    }
    if (!take('='))
        return fail("expected = after the label " + name);
    skipBlanks();
    std::string value;
    if (!quoted(value))
        return false;
    if (std::ranges::find(out, name, &std::pair<std::string, std::string>::first) != out.end())
        return fail("the label " + name + " stands twice");
    if (out.size() >= kLabels)
        return fail("more than 256 labels");
    out.emplace_back(std::move(name), std::move(value));
    return true;
}

bool Cursor::labels(LabelPairs &out, std::string *quotedName)
{
    // {method="post",code="200"}
    skipBlanks();
    if (take('}'))
        return true;
    for (;;) {
        skipBlanks();
        if (!label(out, quotedName))
            return false;
        skipBlanks();
        if (take('}'))
            return true;
        if (!take(','))
            return fail("expected , or } after a label");
        skipBlanks();
        if (m_isText && take('}'))
            return true;
    }
}

bool Cursor::number(double &out, const char *what)
{
    const auto begin = m_at;
    const auto text = word();
    const auto value = parseFloat(text);
    if (value) {
        out = *value;
        return true;
    }
    m_at = begin;
    return fail(std::string(text.empty() ? "expected " : "malformed ") + what);
}

bool Cursor::timestamp(std::optional<double> &out)
{
    const auto begin = m_at;
    const auto text = word();
    const auto value = http::parseNumber(text);
    const auto digits = text.starts_with('-') ? text.substr(1) : text;
    const bool isWhole = !digits.empty() && std::ranges::all_of(digits, isDigit);
    if (value && std::isfinite(*value) && (!m_isText || isWhole)) {
        out = *value;
        return true;
    }
    m_at = begin;
    return fail(m_isText ? "malformed timestamp (whole milliseconds)" : "malformed timestamp (seconds)");
}

bool Cursor::exemplar(SampleText &out)
{
    //  # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
    ++m_at;
    if (!gap("the exemplar") || !take('{'))
        return fail("expected { after #");
    ExemplarText found;
    if (!labels(found.labels, nullptr) || !gap("the exemplar's value") || !number(found.value, "exemplar value"))
        return false;
    if (!isAtEnd() && (!gap("the exemplar's timestamp") || !timestamp(found.timestamp)))
        return false;
    out.exemplar = std::move(found);
    return isAtEnd() || fail("text after the exemplar");
}

bool Cursor::sample(SampleText &out)
{
    skipBlanks();
    if ((!m_isText || peek() != '{') && !metricName(out.name))
        return false;
    skipBlanks();
    if (take('{') && !labels(out.labels, out.name.empty() ? &out.name : nullptr))
        return false;
    if (out.name.empty())
        return fail("no metric name");
    // In the text format nothing need stand between } and the value.
    if (!m_isText && !gap("the value"))
        return false;
    skipBlanks();
    if (!number(out.value, "value"))
        return false;
    skipBlanks();
    if (isAtEnd())
        return true;
    if (!m_isText && !gap("the timestamp"))
        return false;
    if (peek() == '#' && !m_isText)
        return exemplar(out);
    if (!timestamp(out.timestamp))
        return false;
    skipBlanks();
    if (isAtEnd())
        return true;
    if (!m_isText && take(' ') && peek() == '#')
        return exemplar(out);
    return fail("text after the timestamp");
}

} // namespace

const std::string *SampleText::label(std::string_view wanted) const
{
    const auto it = std::ranges::find(labels, wanted, &std::pair<std::string, std::string>::first);
    return it == labels.end() ? nullptr : &it->second;
}

bool isMetricName(std::string_view name)
{
    return !name.empty() && !isDigit(name.front()) && std::ranges::all_of(name, [](char c) { return isLetter(c) || isDigit(c) || c == ':'; });
}

std::expected<SampleText, Problem> lexSample(std::string_view line, Format format)
{
    Cursor cursor(line, format);
    SampleText sample;
    if (!cursor.sample(sample))
        return std::unexpected(cursor.problem());
    return sample;
}

} // namespace muster::prometheus
